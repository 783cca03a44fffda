/** The options of a connection to a broker. */

/** Options of a connection: which broker, and which queue on it. */
export interface BrokerOptions {
  /**
   * `redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS, or `unix:///path[?db=database]` for a socket of
   * this machine. A cluster is recognized at any of its nodes; several are separated by commas. For a primary that Sentinel
   * watches: `redis-sentinel://[user:password@]host[:port][,…][/database]?master=name`, or `rediss-sentinel://…`, where
   * `sentinelUsername` and `sentinelPassword` are further parameters.
   */
  redis: string | URL;
  /** Name of the queue on which runs and workers meet. Default: `"default"`. */
  queue?: string;
  /**
   * Start of all keys in Redis, as for a user of the broker that may use only such keys. Keys with the same text in braces, as in
   * `"{jobs}"`, are in one slot of a cluster. Default: `"polyloop"`; in a cluster, the keys of each queue are in one slot by themselves.
   */
  prefix?: string;
  /** Certificate of a private authority (CA) to trust, as PEM text. Default: the public authorities. */
  ca?: string;
  /** Certificate of this client, as PEM text, if the broker demands one. Needs `key`. */
  cert?: string;
  /** Private key of `cert`, as PEM text. */
  key?: string;
}

/** The text of `polyloop help brokers`. */
export const brokers = `A broker connects runs and workers on several machines: Redis or Valkey ≥ 6.2.

  redis://HOST:PORT/3                                 one server, and its database 3
  rediss://HOST:PORT                                  the same with TLS
  unix:///PATH?db=3                                   by a socket of this machine
  redis-sentinel://HOST:PORT,HOST:PORT?master=NAME    these sentinels know the server
  redis://HOST:PORT,HOST:PORT                         these and other nodes of a cluster

{flags}

The broker needs maxmemory-policy noeviction. Without appendonly yes, tasks in flight run again
after the broker crashes. With the npm package, install the broker's first: npm install bullmq@6
ioredis@5

A single node of a cluster is enough, as long as it is there when a run or a worker begins. All keys
of a queue are in one slot. With braces in --redis-prefix, as in {jobs}, the keys of all queues are.
With rediss-sentinel://, sentinels and servers use TLS. ?sentinelUsername=… and &sentinelPassword=…
are the login of the sentinels, if they need one.
`;

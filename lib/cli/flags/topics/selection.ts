export const selection = `{flags}

--first limits the inputs that are read, --shard takes a part of them, and --sample draws from that
part. Messages, --envelope and --errors have the index and line of an input in the whole input.
--dry-run says how many inputs would run. polyloop resume runs the same selection.

Each job of a Slurm array runs its part. Then the results are brought into input order:

  I=$SLURM_ARRAY_TASK_ID
  polyloop run tasks.ts -i in.jsonl --shard $I/10 --envelope -o part-$I
  sort -n -t: -k2,2 part-* | jq -c 'select(.ok).value'
`;

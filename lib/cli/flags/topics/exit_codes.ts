export const exit_codes = `    0   every input succeeded
    1   some inputs failed
    2   nothing ran: an error in flags, config, module or a file
    3   stopped by --halt
    4   incomplete: some inputs have not run, or results or a report could not be written; also a
        broker that cannot be reached, is full, or takes no writes
  124   the --deadline has passed
  130   SIGINT
  143   SIGTERM
`;

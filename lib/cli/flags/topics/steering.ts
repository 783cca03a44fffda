export const steering = `These options limit the speed and the memory of a run.

{flags}

kill -USR1 PID and kill -USR2 PID change -c during a run: see polyloop help signals.
`;

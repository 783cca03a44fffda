/** Does nothing: measures the runtime's own cost. */

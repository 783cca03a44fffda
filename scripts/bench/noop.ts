/** The task that is measured: none at all, but async. polyloop and piscina take it as it is. */

export default async function noop(): Promise<void> {}

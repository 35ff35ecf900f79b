/** Marks the class of a filter's configuration: the compiler front end generates its reader from JSON. */
declare function config(target: Function): void

/** Something that has work left for the end of the current turn of the event loop. */
export interface EndOfTurnTask {
  /** Must not throw. */
  onEndOfTurn(): void
}

let planned: EndOfTurnTask[] = []
/** The list of the last turn, empty: two lists take turns, so that none is made anew. */
let spare: EndOfTurnTask[] = []

/**
 * Runs a task when the events that the system has delivered together are used up. Nothing is looked at twice: a task
 * that is planned already must not be planned again.
 */
export function atEndOfTurn(task: EndOfTurnTask): void {
  if (planned.push(task) === 1) setImmediate(runPlanned)
}

function runPlanned(): void {
  const tasks = planned
  planned = spare
  for (const task of tasks) task.onEndOfTurn()
  tasks.length = 0
  spare = tasks
}

/** A session that was closed cannot be opened for files that it was not closed for: the question needs another one. */
export class OtherFilesError extends Error {
  constructor() {
    super('the session was closed for other files');
  }
}

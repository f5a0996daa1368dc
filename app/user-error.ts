/** Something the user can mend: shown as one clear line, exit code 2, no stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}

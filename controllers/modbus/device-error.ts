/** What a cabinet or the line to it did wrong. `refused`: it said no; `lost`: nobody knows. */
export class DeviceError extends Error {
  readonly result: "refused" | "lost";
  /** Stable word. */
  readonly code: string;

  constructor(
    { result, code }: { readonly result: "refused" | "lost"; readonly code: string },
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = "DeviceError";
    this.result = result;
    this.code = code;
  }
}

export const refused = (code: string, message: string, cause?: unknown): DeviceError =>
  new DeviceError({ result: "refused", code }, message, cause);

export const lost = (code: string, message: string, cause?: unknown): DeviceError =>
  new DeviceError({ result: "lost", code }, message, cause);

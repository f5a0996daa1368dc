import { type FaultPlace, fault } from "./input-fault.ts";
import type { XmlElement } from "./xml.ts";

/** Reads the attributes of one element; whatever is missing or not what it should be is named with file and line. */
export class Attributes {
  readonly place: FaultPlace;
  readonly #element: XmlElement;

  constructor(file: string, element: XmlElement) {
    this.place = { file, line: element.line };
    this.#element = element;
  }

  text(name: string): string {
    const value = this.#element.attributes[name];
    if (value !== undefined && value !== "") return value;
    throw fault(this.place, `<${this.#element.name}> has no ${name}`, `give it ${name}="…"`);
  }

  optional(name: string): string | undefined {
    return this.#element.attributes[name];
  }

  number(name: string, range: Range = {}): number {
    return this.#checked(name, this.text(name), range);
  }

  numberOr(name: string, otherwise: number, range: Range = {}): number {
    const value = this.optional(name);
    return value === undefined || value === "" ? otherwise : this.#checked(name, value, range);
  }

  index(name: string): number {
    const value = this.number(name, { min: 0 });
    if (Number.isInteger(value) && value < 1e6) return value;
    throw this.wrong(name, "a whole number from 0 to 999999");
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.optional(name);
    if (value === undefined) return otherwise;
    if (/^(1|true|yes|on|x|t)$/i.test(value)) return true;
    if (/^(0|false|no|off|-|f)$/i.test(value)) return false;
    throw this.wrong(name, "true or false");
  }

  /** Words between blanks; none where the attribute is absent. */
  words(name: string): readonly string[] {
    return (this.optional(name) ?? "").split(/\s+/).filter((word) => word !== "");
  }

  wrong(name: string, form: string): Error {
    const value = (this.optional(name) ?? "").slice(0, 60);
    return fault(this.place, `<${this.#element.name}> has ${name}="${value}"`, `it must be ${form}`);
  }

  #checked(name: string, text: string, { min = -1e12, max = 1e12 }: Range): number {
    const value = Number(text);
    if (text.trim() !== "" && value >= min && value <= max) return value;
    throw this.wrong(name, min === -1e12 && max === 1e12 ? "a number" : `a number from ${min} to ${max}`);
  }
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

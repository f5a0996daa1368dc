/** One managed object of NTCIP 1201 or 1202, as data. */
export interface NtcipObject {
  readonly name: string;
  /** Of the definition; an instance appends `.0` or the row's index. */
  readonly oid: string;
  /** Names of the row's index parts; empty for a scalar. */
  readonly index: readonly string[];
  readonly syntax: Syntax;
  readonly access: "read-only" | "read-write";
  readonly role: Role;
  /** Whether a SET belongs inside dbCreateTransaction (NTCIP 1201 database management). */
  readonly transaction: "never" | "allowed" | "required";
  /** Shown to nobody but the administrator. */
  readonly secret?: boolean;
  /** Editions of the standard that define it. */
  readonly editions: Editions;
}

/**
 * `status` is only read; `database` is stored set-up; `control` is a system command that feeds the unit's backup timer
 * (`unitBackupTime`); `immediate` acts at once and feeds nothing.
 */
export type Role = "status" | "database" | "control" | "immediate";

export type Editions = "mib-2" | "1103" | "1211" | "v01 v02 v03" | "v01 v02" | "v02 v03" | "v01 v03" | "v02" | "v03";

export type Syntax =
  | { readonly kind: "integer"; readonly min: number; readonly max: number; readonly unit?: string }
  | { readonly kind: "choice"; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: "octets"; readonly min: number; readonly max: number }
  | { readonly kind: "oid" }
  /** Counter32 on the wire of v01 and v02 units, INTEGER in the v03 file: both are taken on a SET. */
  | { readonly kind: "counter"; readonly unit?: string }
  | { readonly kind: "gauge" }
  /** Hundredths of a second. */
  | { readonly kind: "ticks" }
  | { readonly kind: "opaque" };

export const enterprise = "1.3.6.1.4.1.1206";
/** NTCIP 1202, actuated signal controllers. */
export const asc = `${enterprise}.4.2.1`;
/** NTCIP 1201, global objects. */
export const global = `${enterprise}.4.2.6`;
/** NTCIP 1211, signal priority. */
export const scp = `${enterprise}.4.2.11`;
/** System group of MIB-II (RFC 1213). */
export const system = "1.3.6.1.2.1.1";
/** Dynamic objects of the application protocols. */
export const dynamic = `${enterprise}.4.1.3`;

export const int = (min: number, max: number, unit?: string): Syntax =>
  unit === undefined ? { kind: "integer", min, max } : { kind: "integer", min, max, unit };
export const choice = (values: Readonly<Record<string, number>>): Syntax => ({ kind: "choice", values });
export const octets = (min: number, max: number): Syntax => ({ kind: "octets", min, max });

type Define = <const Name extends string>(
  name: Name,
  oid: string,
  syntax: Syntax,
  index?: readonly string[],
  editions?: Editions,
) => NtcipObject & { readonly name: Name };

const definer =
  (role: Role, access: NtcipObject["access"], transaction: NtcipObject["transaction"]): Define =>
  (name, oid, syntax, index = [], editions = "v01 v02 v03") => ({
    name,
    oid,
    index,
    syntax,
    access,
    role,
    transaction,
    editions,
  });

export const status = definer("status", "read-only", "never");
export const database = definer("database", "read-write", "allowed");
/** A database object the standard (or, for phase and channel wiring, practice) ties to a transaction. */
export const strict = definer("database", "read-write", "required");
export const control = definer("control", "read-write", "never");
export const immediate = definer("immediate", "read-write", "never");

/** Communities and the like: for the administrator's eyes. */
export const secret: Define = (...parts) => ({ ...database(...parts), secret: true });
export const secretStatus: Define = (...parts) => ({ ...status(...parts), secret: true });

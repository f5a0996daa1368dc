import { createReadStream, statSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { SaxesParser } from "saxes";
import { fault, InputFault } from "./input-fault.ts";

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Names of the elements it stands in, outermost first. */
  readonly path: readonly string[];
  readonly line: number;
}

export interface XmlHandler {
  open(element: XmlElement): void;
  close?(name: string): void;
}

export interface XmlLimits {
  /** Of the text, after unpacking. */
  readonly bytes: number;
  readonly depth: number;
}

/** A network of about 20 000 streets fits; what is larger is cut with netconvert first. */
export const XML_LIMITS: XmlLimits = { bytes: 128 * 1024 * 1024, depth: 16 };

/**
 * Reads one XML file (packed when it ends in `.gz`) as a stream and hands over its elements. Refuses document types and
 * with them entities, other encodings than UTF-8, deep nesting and files beyond the limit, in memory that does not grow with the file.
 */
export async function readXml(file: string, handler: XmlHandler, limits: XmlLimits = XML_LIMITS): Promise<void> {
  const packed = file.endsWith(".gz");
  const size = sizeOf(file);
  if (!packed && size > limits.bytes) throw tooLarge(file, limits);
  const raw = createReadStream(file, { highWaterMark: 1 << 18 });
  const text = packed ? raw.pipe(createGunzip()) : raw;
  // A pipe does not pass errors on; without this a file that vanishes would wait for ever.
  if (packed) raw.on("error", (error) => text.destroy(error));
  const parser = parserOf(file, handler, limits);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.bytes) throw tooLarge(file, limits);
      parser.write(decoder.decode(chunk, { stream: true }));
    }
    decoder.decode();
    parser.close();
  } catch (error) {
    raw.destroy();
    throw asFault(error, file, parser.line);
  }
}

function sizeOf(file: string): number {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile()) return stat.size;
  throw fault({ file }, stat ? "this is not a file" : "there is no such file", "give the path of an XML file");
}

const tooLarge = (file: string, { bytes }: XmlLimits): InputFault =>
  fault(
    { file },
    `more than ${Math.round(bytes / 1024 / 1024)} MB of XML`,
    "cut the area or the time span out with netconvert --keep-edges or cutRoutes.py first",
  );

function parserOf(file: string, handler: XmlHandler, limits: XmlLimits): SaxesParser {
  const parser = new SaxesParser({ xmlns: false, position: true });
  const path: string[] = [];
  parser.on("doctype", () => {
    throw fault(
      { file, line: parser.line },
      "a document type (DOCTYPE) with its entities is not read",
      "remove the line; SUMO's own files have none",
    );
  });
  parser.on("xmldecl", ({ encoding }) => {
    if (encoding === undefined || /^(utf-?8|us-ascii)$/i.test(encoding)) return;
    throw fault({ file, line: parser.line }, `encoding ${encoding}`, "convert the file to UTF-8");
  });
  parser.on("opentag", (tag) => {
    handler.open({ name: tag.name, attributes: tag.attributes, path, line: parser.line });
    path.push(tag.name);
    if (path.length > limits.depth)
      throw fault(
        { file, line: parser.line },
        `elements nested deeper than ${limits.depth}`,
        "no SUMO file needs that",
      );
  });
  parser.on("closetag", (tag) => {
    path.pop();
    handler.close?.(tag.name);
  });
  return parser;
}

function asFault(error: unknown, file: string, line: number): unknown {
  if (error instanceof InputFault) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const message = error instanceof Error ? error.message : String(error);
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
    return fault({ file, line }, "this is not UTF-8 text", "convert it");
  if (code.startsWith("Z_") || code === "ERR_BUFFER_TOO_LARGE")
    return fault({ file }, `it cannot be unpacked (${message})`, "it ends in .gz but is not whole gzip; pack it again");
  if (code !== "") return fault({ file }, `it cannot be read (${message})`, "check the path and its permissions");
  // Saxes puts line and column before its messages.
  const what = message.replace(/^(\S*:)?\d+:\d+:\s*/, "");
  return /unclosed|end of|no root|must contain a root/i.test(what)
    ? fault({ file, line }, `the XML breaks off (${what})`, "it was cut short; copy or generate it again")
    : fault({ file, line }, `not well-formed XML (${what})`, "mend that line");
}

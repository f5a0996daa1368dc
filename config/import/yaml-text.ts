import { Document, isCollection, type Node, visit } from "yaml";

/** Groups and lists without inner groups stand on one line up to this width. */
const WIDTH = 160;

/** A configuration file as a person would lay it out: one entry a line where it fits. */
export function yamlText(value: unknown, comment: string): string {
  const document = new Document(value);
  visit(document, {
    Collection(_, node) {
      if (isCollection(node) && !holdsLong(node) && JSON.stringify(node).length < WIDTH) node.flow = true;
    },
  });
  document.commentBefore = comment
    .split("\n")
    .map((line) => ` ${line}`)
    .join("\n");
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Two levels at most on a line. */
function holdsLong(node: Node): boolean {
  let depth = 0;
  visit(node, {
    Collection(_, inner, path) {
      if (inner !== node) depth = Math.max(depth, path.filter(isCollection).length);
    },
  });
  return depth > 1;
}

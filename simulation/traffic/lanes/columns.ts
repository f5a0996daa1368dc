/** Copies columns of one length into an array for a greater length. */
export function widened<A extends Float64Array | Int32Array>(
  { from, length }: { readonly from: A; readonly length: number },
  { to, longer }: { readonly to: A; readonly longer: number },
): A {
  for (let begin = 0, at = 0; begin < from.length; begin += length, at += longer)
    to.set(from.subarray(begin, begin + length), at);
  return to;
}

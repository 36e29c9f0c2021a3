/** What an object or array takes besides what is in it, and what a number, a reference and the like take. */
const objectBytes = 32;
const valueBytes = 8;

/** About how much memory plain data takes, in bytes; a part that is in it twice counts twice. */
export function estimateBytes(value: unknown): number {
  if (typeof value === 'string') return objectBytes + value.length;
  if (typeof value !== 'object' || value === null) return valueBytes;
  if (ArrayBuffer.isView(value)) return objectBytes + value.byteLength;
  let sum = objectBytes;
  for (const part of Object.values(value)) sum += valueBytes + estimateBytes(part);
  return sum;
}

import { expect, test } from 'vitest';
import { keyAt, pathInWords, typeAt, typeInWords } from './fields.ts';

const pod = `apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
  - name: a
    image: b
    env: [{name: X, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
`;

/** The field of the key that the text's last mention of `word` belongs to. */
function keyOfWord(text: string, word: string): string | undefined {
  const key = keyAt(text, text.lastIndexOf(word));
  return key && `${pathInWords(key.path)} ${key.definition} ${typeInWords(key.field.type)}`;
}

test('a position belongs to the key that it stands at, or whose value', () => {
  expect(keyOfWord(pod, 'image')).toBe('spec.containers[].image Container string');
  expect(keyOfWord(pod, 'b\n')).toBe('spec.containers[].image Container string');
  expect(keyOfWord(pod, 'containers')).toBe('spec.containers PodSpec []Container');
  expect(keyOfWord(pod, 'status.podIP')).toBe(
    'spec.containers[].env[].valueFrom.fieldRef.fieldPath ObjectFieldSelector string',
  );
  expect(keyAt(pod, pod.indexOf('image'))).toMatchObject({
    from: pod.indexOf('image'),
    to: pod.indexOf('image') + 5,
  });
});

test('there is none in another kind, or where the schema has no such field', () => {
  expect(keyOfWord(pod.replace('Pod', 'Pood'), 'image')).toBeUndefined();
  expect(keyOfWord(pod.replace('image', 'imago'), 'imago')).toBeUndefined();
  const two = `${pod}---\napiVersion: v1\nkind: Secret\nstringData: {a: b}\n`;
  expect(keyOfWord(two, 'stringData')).toBe('stringData Secret map[string]string');
});

test('types are found through lists and maps', () => {
  const words = (path: (string | number)[]) => {
    const type = typeAt('Pod', path);
    return type && typeInWords(type);
  };
  expect(words(['spec', 'containers', 3, 'resources', 'limits'])).toBe('map[string]quantity');
  expect(words(['metadata', 'labels', 'x'])).toBe('string');
  expect(words(['spec', 'containers', 'name'])).toBeUndefined();
  expect(words(['metadata', 'name', 'x'])).toBeUndefined();
});

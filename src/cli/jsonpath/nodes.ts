/** What a template of kubectl's JSONPath consists of (client-go, util/jsonpath/node.go). */
export type Node =
  | { type: 'list'; nodes: Node[] }
  | { type: 'text'; text: string }
  | { type: 'field'; name: string }
  | { type: 'array'; from: Bound; to: Bound; step: Bound }
  | { type: 'filter'; left: ListNode; right: ListNode; operator: string }
  | { type: 'number'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'wildcard' }
  | { type: 'recursive' }
  | { type: 'union'; nodes: ListNode[] }
  | { type: 'identifier'; name: string };

export type ListNode = Extract<Node, { type: 'list' }>;

export interface Bound {
  /** Absent if left out. */
  value: number | undefined;
  /** Made from the index before it, for a single element. */
  derived?: boolean;
}

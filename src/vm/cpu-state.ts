import type { Cpu } from './v86-internals.ts';

/** The privilege level of programs; the kernel's is 0. */
const userPrivilege = 3;

/** It has halted until the next interrupt. */
export function isIdle(cpu: Pick<Cpu, 'in_hlt'>): boolean {
  return cpu.in_hlt[0] === 1;
}

/** It executes a program, and not the kernel. */
export function runsProgram(cpu: Pick<Cpu, 'cpl'>): boolean {
  return cpu.cpl[0] === userPrivilege;
}

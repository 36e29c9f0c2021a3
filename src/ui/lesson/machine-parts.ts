import Dialogs from '#ui/dialogs/Dialogs.svelte';
import TransferList from '#ui/dialogs/TransferList.svelte';
import Announcer from '#ui/machine/Announcer.svelte';
import GuestTime from '#ui/machine/GuestTime.svelte';
import Notice from '#ui/machine/Notice.svelte';
import StatusLine from '#ui/machine/StatusLine.svelte';
import Menu from '#ui/menu/Menu.svelte';
import MachineKeys from '#ui/site/MachineKeys.svelte';
import TerminalArea from '#ui/terminal/TerminalArea.svelte';
import XRay from '#ui/xray/XRay.svelte';

/** What a lesson shows of its machine: its own chunk, so that the text need not wait for terminals and figures. */
export const machineParts = {
  Announcer,
  Dialogs,
  Figure: XRay,
  GuestTime,
  MachineKeys,
  Menu,
  Notice,
  StatusLine,
  TerminalArea,
  TransferList,
};

export type MachineParts = typeof machineParts;

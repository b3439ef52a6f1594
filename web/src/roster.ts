// Owns who sits in which row: id, mac, ip and slot, as columns. Pure. Fed by state, read by search, select and scene.
// Rows are never reused within an epoch, so a row that is known stays known until the epoch ends.

import type { Roster as RosterEvent } from "./protocol.gen";

export class Roster {
  version = 0;
  /** Rows 0..size-1 may be in use; a row that was never named has the id "". */
  size = 0;
  readonly id: string[] = [];
  readonly mac: string[] = [];
  readonly ip: string[] = [];
  readonly slot: number[] = [];
  private readonly rowOfId = new Map<string, number>();
  private readonly rowOfSlot = new Map<number, number>();

  /** Takes over new and moved rows. False = rows are missing in between, ask for everything. */
  apply(event: RosterEvent): boolean {
    if (event.base !== 0 && event.base > this.version) return false;
    if (event.base !== 0 && event.version <= this.version) return true;
    if (event.base === 0) this.clear();
    for (let i = 0; i < event.row.length; i++) {
      this.put(event.row[i]!, event.id[i] ?? "", event.mac[i] ?? "", event.ip[i] ?? "", event.slot[i] ?? -1);
    }
    this.version = event.version;
    return true;
  }

  clear(): void {
    this.version = this.size = 0;
    this.id.length = this.mac.length = this.ip.length = this.slot.length = 0;
    this.rowOfId.clear();
    this.rowOfSlot.clear();
  }

  /** The row of an id as shown, or of a mac; -1 = nobody. */
  rowOf(id: string): number {
    return this.rowOfId.get(id) ?? this.mac.indexOf(id || "-");
  }

  /** The row that sits in a slot; -1 = the place is empty. */
  rowAt(slot: number): number {
    return this.rowOfSlot.get(slot) ?? -1;
  }

  known(row: number): boolean {
    return (this.id[row] ?? "") !== "";
  }

  private put(row: number, id: string, mac: string, ip: string, slot: number): void {
    while (this.size <= row) this.blank(this.size++);
    this.leave(row);
    this.id[row] = id;
    this.mac[row] = mac;
    this.ip[row] = ip;
    this.slot[row] = slot;
    if (id !== "") this.rowOfId.set(id, row);
    if (slot >= 0) this.rowOfSlot.set(slot, row);
  }

  /** Forgets the row's old name and place, unless another row has taken them over meanwhile. */
  private leave(row: number): void {
    const id = this.id[row]!;
    const slot = this.slot[row]!;
    if (this.rowOfId.get(id) === row) this.rowOfId.delete(id);
    if (this.rowOfSlot.get(slot) === row) this.rowOfSlot.delete(slot);
  }

  private blank(row: number): void {
    this.id[row] = this.mac[row] = this.ip[row] = "";
    this.slot[row] = -1;
  }
}

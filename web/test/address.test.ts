import { describe, expect, test } from "vitest";
import { readPlace, writePlace } from "../src/address";

const T = Date.parse("2026-11-22T23:14:05Z");

describe("a link", () => {
  test("opens at a node and a time", () => {
    expect(readPlace("", "#node=172.20.80.206-8&t=2026-11-22T23:14:05Z")).toEqual({ node: "172.20.80.206-8", switchIp: "", focus: null, atMs: T, wrong: "" });
    expect(readPlace("", `#t=${T}`)).toEqual({ node: "", switchIp: "", focus: null, atMs: T, wrong: "" });
  });

  test("of the older form still opens at a node", () => {
    expect(readPlace("?node=b8:27:eb:00:00:01&by=cpu", "")).toEqual({ node: "b8:27:eb:00:00:01", switchIp: "", focus: null, atMs: null, wrong: "" });
    expect(readPlace("?node=old", "#node=new").node).toBe("new");
  });

  test("opens at a rack or a shelf, which people count from 1", () => {
    expect(readPlace("", "#rack=south-east").focus).toEqual({ kind: "rack", rack: "south-east" });
    expect(readPlace("", "#node=x&shelf=3").focus).toEqual({ kind: "shelf", shelf: 2 });
    for (const wrong of ["#shelf=0", "#shelf=-1", "#shelf=two", "#rack="]) expect(readPlace("", wrong).focus).toBeNull();
    expect(writePlace("x", null, { kind: "shelf", shelf: 2 })).toBe("#shelf=3&node=x");
    expect(readPlace("", writePlace("", null, { kind: "rack", rack: "a & b" })).focus).toEqual({ kind: "rack", rack: "a & b" });
  });

  test("of a printed marker opens at a switch", () => {
    expect(readPlace("", "#switch=172.20.80.206")).toEqual({ node: "", switchIp: "172.20.80.206", focus: null, atMs: null, wrong: "" });
  });

  test("may name its zone", () => {
    expect(readPlace("", "#t=2026-11-23T00:14:05+01:00").atMs).toBe(T);
    expect(readPlace("", "#t=2026-11-23T00:14:05%2B01:00").atMs).toBe(T);
  });

  test("with a time that is none opens in the present and says so", () => {
    for (const time of ["yesterday", "5", "2026-13-45T99:00:00Z", "-1", "1e12"]) {
      const place = readPlace("", `#node=x&t=${time}`);
      expect([place.node, place.atMs]).toEqual(["x", null]);
      expect(place.wrong).toContain(time);
    }
  });
});

describe("what is written", () => {
  test("is what is read", () => {
    for (const [node, atMs] of [["172.20.80.206-8", T], ["b8:27:eb:00:00:01", null], ["a&t=5#é", T], ["", T]] as const) {
      expect(readPlace("", writePlace(node, atMs))).toEqual({ node, switchIp: "", focus: null, atMs, wrong: "" });
    }
  });

  test("can be read by a person", () => {
    expect(writePlace("172.20.80.206-8", T + 300)).toBe("#node=172.20.80.206-8&t=2026-11-22T23:14:05Z");
    expect(writePlace("b8:27:eb:00:00:01", null)).toBe("#node=b8:27:eb:00:00:01");
    expect(writePlace("", null)).toBe("");
  });
});

import { objectOf, objects, oidOf, ref, describe as text } from "ntcip-ts";
import { describe, expect, it } from "vitest";

describe("objects of NTCIP 1201 and 1202", () => {
  it("have one name and one OID each", () => {
    expect(new Set(objects.map(({ name }) => name)).size).toBe(objects.length);
    expect(new Set(objects.map(({ oid }) => oid)).size).toBe(objects.length);
    expect(objects.length).toBe(282);
  });

  // Numbers as other people's programs use them (MnDOT IRIS, MMITSS, carma-streets).
  it.each([
    [ref("maxPhases"), "1.3.6.1.4.1.1206.4.2.1.1.1.0"],
    [ref("phaseMinimumGreen", 4), "1.3.6.1.4.1.1206.4.2.1.1.2.1.4.4"],
    [ref("phaseStatusGroupReds", 1), "1.3.6.1.4.1.1206.4.2.1.1.4.1.2.1"],
    [ref("phaseStatusGroupGreens", 2), "1.3.6.1.4.1.1206.4.2.1.1.4.1.4.2"],
    [ref("phaseControlGroupForceOff", 1), "1.3.6.1.4.1.1206.4.2.1.1.5.1.5.1"],
    [ref("unitBackupTime"), "1.3.6.1.4.1.1206.4.2.1.3.3.0"],
    [ref("patternOffsetTime", 7), "1.3.6.1.4.1.1206.4.2.1.4.7.1.3.7"],
    [ref("splitTime", 3, 2), "1.3.6.1.4.1.1206.4.2.1.4.9.1.3.3.2"],
    [ref("coordPatternStatus"), "1.3.6.1.4.1.1206.4.2.1.4.10.0"],
    [ref("systemPatternControl"), "1.3.6.1.4.1.1206.4.2.1.4.14.0"],
    [ref("sequenceData", 2, 1), "1.3.6.1.4.1.1206.4.2.1.7.3.1.3.2.1"],
    [ref("globalTime"), "1.3.6.1.4.1.1206.4.2.6.3.1.0"],
    [ref("dbCreateTransaction"), "1.3.6.1.4.1.1206.4.2.6.2.1.0"],
  ])("%o is %s", (one, oid) => {
    expect(oidOf(one)).toBe(oid);
  });

  it("says which system commands feed the backup timer", () => {
    const control = objects.filter(({ role }) => role === "control").map(({ name }) => name);
    expect(control).toHaveLength(23);
    expect(control).toContain("systemPatternControl");
    expect(control).toContain("phaseControlGroupHold");
    expect(control).not.toContain("unitBackupTime");
  });

  it("ties sequences to a transaction, splits not", () => {
    expect(objectOf("sequenceData").transaction).toBe("required");
    expect(objectOf("splitTime").transaction).toBe("allowed");
    expect(objectOf("systemPatternControl").transaction).toBe("never");
  });

  it("refuses an index of the wrong length", () => {
    expect(() => ref("splitTime", 3)).toThrow(/splitTime takes 2/);
    expect(() => ref("maxPhases", 0)).toThrow(/takes 0/);
    expect(text(ref("splitTime", 3, 2))).toBe("splitTime.3.2");
  });
});

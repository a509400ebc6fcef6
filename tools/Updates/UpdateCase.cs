using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Fence;

namespace DePin.Tools.Updates;

/// <summary>How a case has to end.</summary>
internal enum CaseEnd
{
    /// <summary>The backend does not publish it.</summary>
    Refused,

    /// <summary>The rollout pauses by itself, in the canary.</summary>
    Paused,

    /// <summary>Every node runs it.</summary>
    Done,
}

/// <summary>A release, what is wrong with it or with the world, and how that has to end.</summary>
/// <param name="Name">For people and options.</param>
/// <param name="End">How it has to end.</param>
/// <param name="Words">What the reason has to contain: the backend's sentence, or the gate's and the nodes' reasons; one of them is enough.</param>
internal sealed record UpdateCase(string Name, CaseEnd End, params string[] Words)
{
    /// <summary>What is planted in the sources.</summary>
    public BundleFault Fault { get; init; }

    /// <summary>What is changed in the manifest before it is signed.</summary>
    public Action<ReleaseManifest>? Manifest { get; init; }

    /// <summary>What is sent instead of the signed release.</summary>
    public Func<UpdateFleet, TrialRelease, byte[]>? Signed { get; init; }

    /// <summary>What is uploaded instead of the bundle.</summary>
    public Func<TrialRelease, byte[]>? Bundle { get; init; }

    /// <summary>What the links and nodes do while it lasts.</summary>
    public Action<UpdateFleet>? World { get; init; }

    /// <summary>Whether nodes keep running it afterwards, since nothing in it fails on the node itself.</summary>
    public bool StaysOnCanary { get; init; }

    /// <summary>Whether nodes may run it at the end.</summary>
    public bool MayStay => End == CaseEnd.Done || StaysOnCanary;

    /// <summary>Share of the nodes in the canary, percent; at least two nodes. To see a fifth more takes more nodes than to see a crash.</summary>
    public int CanaryPercent { get; init; } = 2;

    /// <summary>Whether the gates look at metering, which takes a day of each wave.</summary>
    public bool LooksAtMetering { get; init; } = true;

    /// <summary>Simulated seconds in a step, at most.</summary>
    public int MostStepSeconds { get; init; } = int.MaxValue;

    /// <summary>So many times faster than real time the link's waits pass: where most of them run out, a trial would take hours.</summary>
    public int LinkTimes { get; init; } = 1;

    /// <summary>All of them, in an order in which each can follow the one before.</summary>
    public static IReadOnlyList<UpdateCase> All { get; } =
    [
        new("good", CaseEnd.Done),
        new("crashes at start", CaseEnd.Paused, nameof(UpdateReason.Crashed)) { Fault = BundleFault.CrashesAtStart },
        new("hangs", CaseEnd.Paused, nameof(UpdateReason.Hung)) { Fault = BundleFault.Hangs },
        new("cannot log in", CaseEnd.Paused, nameof(UpdateReason.NoLogin), nameof(UpdateReason.TimedOut)) { Fault = BundleFault.NeverLogsIn },
        new("one signature only", CaseEnd.Refused, "signed by one key") { Signed = (fleet, release) => release.SignedBy(fleet.Keys[0]) },
        new("a wrong signature", CaseEnd.Refused, "is wrong: it was made over other bytes") { Signed = (fleet, release) => Changed(release.SignedBy(fleet.Keys[0], fleet.Keys[1])) },
        new("a stranger's signature", CaseEnd.Refused, "none of the 2 that count") { Signed = (fleet, release) => release.SignedBy(fleet.Keys[0], fleet.Keys[2]) },
        new("lower security number", CaseEnd.Refused, "no node goes below") { Manifest = manifest => manifest.Security = 0 },
        new("manifest over the limit", CaseEnd.Refused, "has at most", "over a limit") { Signed = (fleet, release) => [.. release.SignedBy(fleet.Keys[0], fleet.Keys[1]), .. new byte[UpdateLimits.SignedReleaseBytes]] },
        new("truncated bundle", CaseEnd.Refused, "lost or changed on the way") { Bundle = release => release.Bundle[..^1000] },
        new("another product", CaseEnd.Paused, nameof(UpdateReason.NotOurProduct)) { Manifest = manifest => manifest.Product = "kettle" },
        new("a changed byte in every block", CaseEnd.Paused, nameof(UpdateReason.HashMismatch)) { World = fleet => fleet.Faults.ChangesBlocks = true },
        new("a clock far in the future", CaseEnd.Done) { World = fleet => { foreach (DePin.Host.VirtualNode node in fleet.Nodes.Take(3)) { node.Clock.NetworkTimeErrorSeconds = 30L * 365 * 86_400; } } },
        new("30 % of blocks lost, a break every minute", CaseEnd.Done) { World = fleet => (fleet.Faults.LostBlocksPercent, fleet.Faults.BreaksEverySeconds) = (30, 60), MostStepSeconds = 6, LinkTimes = 8, LooksAtMetering = false },
        new("meters 20 % too much", CaseEnd.Paused, "delivered") { Fault = BundleFault.CountsAFifthTooMuch, StaysOnCanary = true, CanaryPercent = 5 },
        new("good again", CaseEnd.Done),
    ];

    /// <summary>Canary and three waves (one for fewer than ten nodes), with a gate that begins to look at metering after an hour; its band, and who is held back, are as always.</summary>
    public JsonNode Plan(int nodes) => JsonNode.Parse($$"""
        {
            "canary": { "nodes": {{Math.Max(2, nodes * CanaryPercent / 100)}} },
            "waves": {{(nodes < 10 ? """[{ "percent": 100 }]""" : """[{ "percent": 30 }, { "percent": 60 }, { "percent": 100 }]""")}},
            "gate": { "executedPercent": 100, "failedPercent": 0, "soakMinutes": 30{{(LooksAtMetering ? """, "metering": { "hours": 1, "quietPercent": 0 }""" : "")}} },
            "rate": { "offersPerMinute": 600, "concurrentDownloads": 100, "bytesPerNodeAndDay": 4194304 }
        }
        """)!;

    private static byte[] Changed(byte[] signed) => [.. signed[..^40], (byte)(signed[^40] ^ 1), .. signed[^39..]];
}

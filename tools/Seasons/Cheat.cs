namespace DePin.Tools.Seasons;

/// <summary>One way of getting credit for nothing, in one dose. Each bends what an honest node would have reported.</summary>
internal sealed record Cheat(string Kind, double Dose, string Unit)
{
    /// <summary>Bends one slot.</summary>
    public Action<SeasonNode, SeasonSlot>? OnSlot { get; init; }

    /// <summary>Degrees by which the node stands east of where it is paired.</summary>
    public double DegreesEast { get; init; }

    /// <summary>Seconds by which its clock is ahead.</summary>
    public long ClockSeconds { get; init; }

    /// <summary>Whether its clock is never set.</summary>
    public bool HasNoClock { get; init; }

    /// <summary>Name of its hardware profile.</summary>
    public string Profile { get; init; } = "lamp-small";

    /// <summary>What its batches name as firmware.</summary>
    public string Firmware { get; init; } = Season.GoodFirmware;

    /// <summary>What it sends beside the batch of an hour.</summary>
    public Func<SeasonNode, byte[], long, IEnumerable<byte[]>>? Beside { get; init; }

    /// <summary>Whether the copies it sends must simply not count, without a trace in its verdicts.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>Whether physics cannot tell it from use below some dose.</summary>
    public bool IsGradual { get; init; }

    /// <summary>Whether this dose leaves a trace at once, so that missing it fails the season.</summary>
    public bool LeavesTrace { get; init; } = true;

    public void Bend(SeasonNode node, SeasonSlot slot) => OnSlot?.Invoke(node, slot);

    /// <summary>Every kind in every dose.</summary>
    public static IReadOnlyList<Cheat> All(Func<int, SeasonNode> original)
    {
        var all = new List<Cheat>
        {
            new("replayed batches", 1, "a batch again each hour") { IsIdempotent = true, Beside = (_, signed, _) => [signed] },
            new("forked chain", 1, "a second version each hour")
            {
                Beside = (node, _, opens) => [node.SignBeside(opens, [.. node.LastHour.Select(slot => new SeasonSlot { Opened = slot.Opened, Harvested = slot.Harvested, Delivered = slot.Delivered + 7, BatteryPermille = slot.BatteryPermille })])],
            },
            new("flipped signature (r, n-s)", 1, "beside each batch") { IsIdempotent = true, Beside = (_, signed, _) => [SignatureFlip.Of(signed)] },
            new("clock never set", 1, "whole season") { HasNoClock = true },
            new("recalled firmware", 1, "from day 20") { Firmware = Season.BadFirmware },
            new("the same hour twice", 1, "each hour")
            {
                Beside = (node, _, opens) =>
                {
                    Array.ForEach(node.LastHour, slot => slot.IsRepeated = true);
                    return [node.Sign(opens, node.LastHour, isCheating: true)];
                },
            },

            // Being held for one thing must not be a way around another.
            new("the same hour twice, firmware unknown", 1, "each hour")
            {
                Firmware = "00ff00ff00ff00ff",
                Beside = (node, _, opens) =>
                {
                    Array.ForEach(node.LastHour, slot => slot.IsRepeated = true);
                    return [node.Sign(opens, node.LastHour, isCheating: true)];
                },
            },
            new("the same hour again without a clock", 1, "each hour")
            {
                Beside = (node, _, opens) =>
                {
                    Array.ForEach(node.LastHour, slot => slot.IsRepeated = true);
                    return [node.Sign(opens, node.LastHour, isCheating: true, isTimed: false)];
                },
            },
        };

        // So near to the 30 % that are asked, it is a matter of which slots are compared whether a short season shows 35 %.
        foreach (double share in (double[])[1, 0.5, 0.35, 0.1])
        {
            all.Add(new Cheat("readings of another key", share, "of the slots") { LeavesTrace = share > 0.4, OnSlot = (node, slot) => Copy(original(node.Index), node, slot, share) });
        }

        foreach (long seconds in (long[])[3600, 300, -43_200, -7200, -600])
        {
            all.Add(new Cheat("shifted clock", seconds, "s") { LeavesTrace = seconds != -600, ClockSeconds = seconds });
        }

        foreach (double milliwatts in (double[])[2000, 500, 250])
        {
            all.Add(new Cheat("harvest at night", milliwatts, "mW") { IsGradual = true, LeavesTrace = milliwatts > 300, OnSlot = (node, slot) => Add(slot, node.SunDegrees(slot.Opened + 150) < -6 ? milliwatts : 0, 1) });
        }

        foreach (double factor in (double[])[3, 1.5, 1.2, 1.05])
        {
            all.Add(new Cheat("scaled readings", factor, "x") { IsGradual = true, LeavesTrace = false, OnSlot = (_, slot) => (slot.Harvested, slot.Delivered) = ((long)(slot.Harvested * factor), (long)(slot.Delivered * factor)) });
        }

        foreach (double part in (double[])[0.3, 0.1, 0.03, 0.01])
        {
            all.Add(new Cheat("grid energy stored by night, sold by day", part, "of the output's rating, 8 h a day")
            {
                IsGradual = true,
                LeavesTrace = false,
                OnSlot = (node, slot) => Add(slot, node.LocalHour(slot.Opened) is >= 9 and < 17 ? node.Profile.OutputMilliwatts * part : 0, 0),
            });
            all.Add(new Cheat("output looped into the panel input", part, "of the output's rating by day")
            {
                IsGradual = true,
                LeavesTrace = false,
                OnSlot = (node, slot) => Add(slot, node.SunDegrees(slot.Opened) > 5 ? node.Profile.OutputMilliwatts * part : 0, 0.85),
            });
        }

        foreach (int hours in (int[])[8, 3])
        {
            all.Add(new Cheat("stuck values", hours, "h a day") { OnSlot = (node, slot) => Stick(node, slot, hours) });
        }

        foreach (double degrees in (double[])[40, 20, 10, 5])
        {
            all.Add(new Cheat("moved node", degrees, "degrees east") { IsGradual = true, LeavesTrace = false, DegreesEast = degrees });
        }

        // What a large node could gain; its kinds stand apart, since doses are not those of a lamp.
        Cheat OnAirNode(string kind, double dose, string unit, Action<SeasonNode, SeasonSlot> bend) => new($"{kind} (airnode)", dose, unit) { IsGradual = true, LeavesTrace = false, Profile = "airnode", OnSlot = bend };
        foreach (double milliwatts in (double[])[5000, 1000])
        {
            all.Add(OnAirNode("harvest at night", milliwatts, "mW", (node, slot) => Add(slot, node.SunDegrees(slot.Opened + 150) < -6 ? milliwatts : 0, 1)));
        }

        foreach (double factor in (double[])[3, 1.2])
        {
            all.Add(OnAirNode("scaled readings", factor, "x", (_, slot) => (slot.Harvested, slot.Delivered) = ((long)(slot.Harvested * factor), (long)(slot.Delivered * factor))));
        }

        foreach (double part in (double[])[0.3, 0.03])
        {
            all.Add(OnAirNode("grid energy sold by day", part, "of the output's rating, 8 h a day", (node, slot) => Add(slot, node.LocalHour(slot.Opened) is >= 9 and < 17 ? node.Profile.OutputMilliwatts * part : 0, 0)));
        }

        return all;
    }

    private static void Add(SeasonSlot slot, double milliwatts, double harvestPart)
    {
        slot.Delivered += (long)(milliwatts / SeasonNode.SlotsPerBatch);
        slot.Harvested += (long)(milliwatts * harvestPart / SeasonNode.SlotsPerBatch);
    }

    private static void Copy(SeasonNode original, SeasonNode copy, SeasonSlot slot, double share)
    {
        int number = (int)(slot.Opened / SeasonNode.SlotSeconds);
        if (original.LastHour.FirstOrDefault(other => other.Opened == slot.Opened) is { } other && Host.Simulation.Noise.Unit(copy.Index, number) < share)
        {
            (slot.Harvested, slot.Delivered, slot.BatteryPermille, slot.TrueDelivered) = (other.Harvested, other.Delivered, other.BatteryPermille, 0);
            slot.Millivolts = original.MillivoltsOf(slot.Opened) - copy.MillivoltsOf(slot.Opened);
        }
    }

    private static void Stick(SeasonNode node, SeasonSlot slot, int hours)
    {
        if (node.LocalHour(slot.Opened) is var hour && hour >= 9 && hour < 9 + hours)
        {
            (slot.Harvested, slot.Delivered, slot.BatteryPermille) = (node.Profile.PanelMilliwatts / 40, node.Profile.PanelMilliwatts / 48, Math.Min(slot.BatteryPermille, 900));
        }
    }
}

using DePin.Contracts.Identity;
using DePin.Host.Platform;
using DePin.Node;

namespace DePin.Tools.Storm;

/// <summary>
/// A mass outage in simulated time: all nodes are connected, the gateway goes, and after a while it is there again. The nodes run their own session, tick by
/// tick; the same seed gives the same storm.
/// </summary>
internal static class StormSimulation
{
    private const int TickMilliseconds = 100;
    private const int TicksPerSecond = 10;

    // Who waits for an answer has limits of minutes; they are looked at so often.
    private const int LookMilliseconds = 5000;
    private const int LongestSeconds = 3600;

    /// <summary>Lets it come and pass, or ends after an hour of its time.</summary>
    public static StormForecast Run(int nodes, int outageSeconds, GatewayRates rates, bool hasJitter, int seed, CancellationToken cancellationToken)
    {
        var gateway = new GatewayModel(rates);
        var tally = new StormTally();
        var digest = new PlatformDigest();
        StormNode[] all = [.. Enumerable.Range(0, nodes).Select(index => Make(index, gateway, digest, tally, hasJitter, seed))];
        long now = 0;
        Array.ForEach(all, node => node.Tick(now));
        Array.ForEach(all, node => node.Tick(now));
        if (!all.All(node => node.IsBack))
        {
            throw CommandException.Failed("A node did not come to its first login in the simulation.");
        }

        // A link that stood for so long was a good one: waits begin at the shortest.
        now += 2 * Limits.SteadyMilliseconds;
        Array.ForEach(all, node => node.Tick(now));
        long began = now, returns = began + (outageSeconds * 1000L);
        gateway.Step(now);
        gateway.Fall();
        int back = 0;
        var waiting = new PriorityQueue<StormNode, long>();
        HashSet<StormNode> trying = [];
        List<StormNode> due = [];

        // Each notices in its own round.
        for (int index = 0; index < all.Length; index++)
        {
            waiting.Enqueue(all[index], now + (index % TicksPerSecond * TickMilliseconds));
        }

        while (back < nodes && now < returns + (LongestSeconds * 1000L))
        {
            cancellationToken.ThrowIfCancellationRequested();
            now += TickMilliseconds;
            if (!gateway.IsUp && now >= returns)
            {
                gateway.Return();
            }

            gateway.Step(now);
            due.Clear();
            due.AddRange(now % LookMilliseconds == 0 ? trying : gateway.TakeDecided().Select(link => link.Node!).Where(trying.Contains).Distinct());
            while (waiting.TryPeek(out _, out long at) && at <= now)
            {
                due.Add(waiting.Dequeue());
            }

            foreach (StormNode node in due)
            {
                node.Tick(now);
                trying.Remove(node);
                if (node.IsBack)
                {
                    back++;
                }
                else if (node.WaitsUntil is { } until)
                {
                    waiting.Enqueue(node, until);
                }
                else
                {
                    trying.Add(node);
                }
            }
        }

        return new StormForecast(nodes, outageSeconds, hasJitter, tally.Curve(nodes, began, returns));
    }

    private static StormNode Make(int index, GatewayModel gateway, PlatformDigest digest, StormTally tally, bool hasJitter, int seed)
    {
        var random = new Random(unchecked((seed * 1_000_003) + index));
        byte[] key = new byte[33], secret = new byte[NodeSecret.Size];
        random.NextBytes(key);
        random.NextBytes(secret);
        var identity = new NodeIdentity(digest, key, secret);
        return Of(new ModelLink(gateway, identity, digest));

        StormNode Of(ModelLink link) => link.Node = new StormNode(identity, digest, link, new StormEntropy(random.Next(), hasJitter), tally);
    }
}

/// <summary>What a storm would be like.</summary>
/// <param name="Nodes">How many lost their link at once.</param>
/// <param name="OutageSeconds">How long the gateway was away.</param>
/// <param name="HasJitter">Whether the waits are random, as the node's are, or as long as they may be: plain doubling.</param>
/// <param name="Curve">How they came back.</param>
internal sealed record StormForecast(int Nodes, int OutageSeconds, bool HasJitter, StormCurve Curve);

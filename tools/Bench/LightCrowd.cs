using System.Net;
using System.Net.Sockets;
using DePin.Tools.Backend;

namespace DePin.Tools.Bench;

/// <summary>
/// Light nodes of which only so many are here at a time, as the open files of a process allow: the others come while some that have nothing under
/// way leave, as nodes do whose radio sleeps.
/// </summary>
internal sealed class LightCrowd(IReadOnlyList<LightNode> nodes, int most)
{
    private readonly Queue<LightNode> _here = new();
    private readonly Queue<LightNode> _away = new(nodes);
    private readonly HashSet<LightNode> _seen = [];
    private IPEndPoint? _gateway;
    private int _pinged;

    /// <summary>Whether each was here at least once.</summary>
    public bool AreAllSeen => _seen.Count == nodes.Count;

    /// <summary>Nodes that are here.</summary>
    public int Here => _here.Count;

    /// <summary>Opens as many as may be.</summary>
    /// <exception cref="CommandException">One could not log in.</exception>
    public Task OpenAsync(BackendAddresses addresses, CancellationToken cancellationToken)
    {
        _gateway = addresses.RequirePlain();
        return ComeAsync(most, cancellationToken);
    }

    /// <summary>Some that have nothing under way leave, and as many of the others come.</summary>
    public Task TurnAsync(int count, CancellationToken cancellationToken)
    {
        int left = 0;
        count = Math.Min(count, _away.Count);
        for (int looked = Math.Min(_here.Count, 4 * count); looked > 0 && left < count; looked--)
        {
            LightNode node = _here.Dequeue();
            if (node.IsIdle)
            {
                node.Leave();
                _away.Enqueue(node);
                left++;
            }
            else
            {
                _here.Enqueue(node);
            }
        }

        return ComeAsync(left, cancellationToken);
    }

    /// <summary>What each has to do in a second: so many of them say that they live, and who waits too long for blocks asks again.</summary>
    public void Tick(int pings)
    {
        long now = Environment.TickCount64;
        foreach (LightNode node in nodes)
        {
            if (node.AsksAgainAtMs != 0 && node.AsksAgainAtMs < now)
            {
                node.AskAgain();
            }
        }

        for (int i = 0; i < pings; i++)
        {
            nodes[_pinged++ % nodes.Count].Ping();
        }
    }

    private async Task ComeAsync(int count, CancellationToken cancellationToken)
    {
        LightNode[] coming = [.. Enumerable.Range(0, Math.Min(count, _away.Count)).Select(_ => _away.Dequeue())];
        var options = new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(coming, options, async (node, token) => await node.OpenAsync(_gateway!, token));
        }
        catch (Exception problem) when (problem is SocketException or IOException or TimeoutException)
        {
            throw CommandException.Failed($"A node could not log in: {problem.Message}", problem);
        }

        foreach (LightNode node in coming)
        {
            _here.Enqueue(node);
            _seen.Add(node);
        }
    }
}

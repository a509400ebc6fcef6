using System.Data.Common;
using DePin.Fleet.Nodes;
using DePin.Fleet.Overview;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Care;

/// <summary>Looks every minute of which nodes credit is held, so that their receipts, and then their lights, say so.</summary>
public sealed class HeldNodes(Database database, NodeDirectory directory, ILogger<HeldNodes> logger) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromMinutes(1);

    private HashSet<string> _marked = [];

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.GoAsync(
        Poll, Look, logger, "Looking for held credit failed; it is tried again in a minute, the nodes' lights stay as they are", stoppingToken);

    /// <summary>Marks the nodes whose credit is held now, and no others; it touches only those that are held or were.</summary>
    internal void Look()
    {
        using DbConnection connection = database.OpenReader();
        HashSet<string> held = [.. OverviewStore.CreditHeld(connection)];
        foreach (string id in held.Union(_marked))
        {
            if (directory.InMemory(id) is { } node)
            {
                node.IsCreditHeld = held.Contains(id);
            }
        }

        _marked = held;
    }
}

using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Fleet.Instances;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Gateway;

/// <summary>
/// The way down to nodes wherever they are: on a connection of this instance, or handed to the instance that has it. There too, an answer that nothing was
/// sent means that the node hears it at its next login; one that it was sent, that it was on its way.
/// </summary>
internal sealed class PeerLink : INodeLink
{
    private const string Down = "down";

    private readonly ConnectionTable _here;
    private readonly NodePresence _presence;
    private readonly IngestPipeline _ingest;
    private readonly Peers _peers;

    public PeerLink(ConnectionTable here, NodePresence presence, IngestPipeline ingest, NodeDirectory nodes, Peers peers)
    {
        (_here, _presence, _ingest, _peers) = (here, presence, ingest, peers);
        peers.On(Down, (_, words) =>
        {
            if (words is [{ } id, { } topic, { } counter, { } message] && here.Has(id) && nodes.Find(id) is { } node)
            {
                // What is sealed here from now on is above it; the node takes no counter below one that it saw.
                ingest.SkipTo(node, Peers.Number(counter));
                here.SendSealed(node, topic, Convert.FromBase64String(message));
            }
        });
    }

    /// <inheritdoc />
    public async Task<bool> SendAsync(RegisteredNode node, string topic, Func<DownHeader, byte[]> payload, CancellationToken cancellationToken)
    {
        if (await _here.SendAsync(node, topic, payload, cancellationToken))
        {
            return true;
        }

        if (!_peers.AreThere || _presence.Find(node.IdText) is not { IsOnline: true, Instance: not null, LastStatus: { } status })
        {
            return false;
        }

        (byte[] message, long counter) = await _ingest.SealElsewhereAsync(node, status.Session, topic, payload);
        _peers.Tell(Down, node.IdText, topic, counter, Convert.ToBase64String(message));
        return true;
    }

    /// <inheritdoc />
    public bool SendOpen(RegisteredNode node, string topic, byte[] message) => _here.SendOpen(node, topic, message);
}

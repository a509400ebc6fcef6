using DePin.Contracts.Uplink;

namespace DePin.Fleet.Nodes;

/// <summary>The way down to nodes that are logged in; the gateway has it.</summary>
public interface INodeLink
{
    /// <summary>Seals a message for a node and sends it on its connection; false where the node is not logged in or said nothing yet in this session.</summary>
    /// <param name="node">The node.</param>
    /// <param name="topic">One of the down topics.</param>
    /// <param name="payload">Makes the payload, which begins with this header.</param>
    /// <param name="cancellationToken">Ends the wait for a counter.</param>
    Task<bool> SendAsync(RegisteredNode node, string topic, Func<DownHeader, byte[]> payload, CancellationToken cancellationToken);
}

/// <summary>Who takes the answers of nodes to pairing challenges.</summary>
public interface IPairAnswers
{
    /// <summary>Takes a signed answer as it came; false where it fits nothing that is asked.</summary>
    Task<bool> TakeAsync(RegisteredNode node, byte[] message);
}

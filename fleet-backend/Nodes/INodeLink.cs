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

    /// <summary>Sends a message that is not sealed, at QoS 0: bytes that a signed hash decides over. False where the node is not logged in or did not subscribe.</summary>
    bool SendOpen(RegisteredNode node, string topic, byte[] message);
}

/// <summary>Who takes the answers of nodes to pairing challenges.</summary>
public interface IPairAnswers
{
    /// <summary>Takes a signed answer as it came; false where it fits nothing that is asked.</summary>
    Task<bool> TakeAsync(RegisteredNode node, byte[] message);
}

/// <summary>Who speaks with nodes about releases.</summary>
public interface IUpdateMessages
{
    /// <summary>A node logged in and said what it runs (8 bytes); it hears what stands for it.</summary>
    Task HeardAsync(RegisteredNode node, byte[] firmware, CancellationToken cancellationToken);

    /// <summary>Takes a request for blocks, or a signed report; completes when what it says is stored. False where it is neither, or not the node's.</summary>
    /// <param name="node">The node.</param>
    /// <param name="session">The session of its connection.</param>
    /// <param name="message">As it came.</param>
    /// <param name="cancellationToken">The connection ends.</param>
    Task<bool> TakeAsync(RegisteredNode node, byte[] session, byte[] message, CancellationToken cancellationToken);
}

/// <summary>Who tells nodes where they shall belong.</summary>
public interface ISettingsMessages
{
    /// <summary>A node said its status: repeats what it has not answered.</summary>
    Task HeardAsync(RegisteredNode node, CancellationToken cancellationToken);

    /// <summary>Takes a signed report as it came, of a login's session; false where it fits nothing that was asked.</summary>
    Task<bool> TakeAsync(RegisteredNode node, byte[] session, byte[] message);
}

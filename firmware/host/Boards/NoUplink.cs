using DePin.Node.Uplink;

namespace DePin.Host.Boards;

/// <summary>The link of a board whose settings name no gateway that there could be: it stays down.</summary>
internal sealed class NoUplink : IUplink
{
    public int State => UplinkState.Down;

    public void Connect(string nodeId, string password, string willTopic, byte[] will)
    {
    }

    public void Subscribe(string topic)
    {
    }

    public bool Publish(string topic, byte[] payload, int qos) => false;

    public Downlinked? Receive() => null;

    public void Close()
    {
    }
}

namespace DePin.Node.Uplink
{
    /// <summary>
    /// The node's MQTT 3.1.1 connection. No call blocks for long and none throws for what a network does: a lost link shows in
    /// <see cref="State"/>.
    /// </summary>
    public interface IUplink
    {
        /// <summary>One of <see cref="UplinkState"/>.</summary>
        int State { get; }

        /// <summary>
        /// Begins to connect and log in with clean session. Client id and user name are the node id; the will is published by
        /// the gateway when the link breaks.
        /// </summary>
        void Connect(string nodeId, string password, string willTopic, byte[] will);

        /// <summary>Asks for the messages of a topic at QoS 1.</summary>
        void Subscribe(string topic);

        /// <summary>Sends a message at QoS 0 or 1; false when the link is not up.</summary>
        bool Publish(string topic, byte[] payload, int qos);

        /// <summary>The next message that came, or null. Messages come in the order of their arrival.</summary>
        Downlinked? Receive();

        /// <summary>Logs out and closes; the will is not published.</summary>
        void Close();
    }

    /// <summary>Where a connection stands.</summary>
    public static class UplinkState
    {
        /// <summary>No connection, and none being made.</summary>
        public const int Down = 0;

        /// <summary>Connecting, shaking hands or logging in.</summary>
        public const int Connecting = 1;

        /// <summary>Logged in.</summary>
        public const int Up = 2;
    }

    /// <summary>A message that came down to the node.</summary>
    public sealed class Downlinked
    {
        /// <param name="topic">The whole topic.</param>
        /// <param name="payload">The bytes as they came.</param>
        public Downlinked(string topic, byte[] payload)
        {
            Topic = topic;
            Payload = payload;
        }

        /// <summary>The whole topic.</summary>
        public string Topic { get; }

        /// <summary>The bytes as they came.</summary>
        public byte[] Payload { get; }
    }
}

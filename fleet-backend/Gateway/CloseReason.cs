namespace DePin.Fleet.Gateway;

/// <summary>Why a connection ended. A closed set: counted and logged by these names.</summary>
public enum CloseReason
{
    /// <summary>The client sent DISCONNECT.</summary>
    Disconnect,

    /// <summary>The client went away without a word; its will counts.</summary>
    Lost,

    /// <summary>The backend is stopping.</summary>
    Stopping,

    /// <summary>No whole CONNECT in time.</summary>
    ConnectTimeout,

    /// <summary>The first packet was another than CONNECT.</summary>
    NotConnected,

    /// <summary>A packet against MQTT 3.1.1.</summary>
    Malformed,

    /// <summary>A packet over the size limit.</summary>
    TooLarge,

    /// <summary>Another protocol version than 3.1.1.</summary>
    UnknownVersion,

    /// <summary>Client id, user name and node id differ.</summary>
    WrongClientId,

    /// <summary>Unknown node or wrong password; which of both is not told.</summary>
    BadLogin,

    /// <summary>A topic that is not this node's, or not in this direction.</summary>
    ForeignTopic,

    /// <summary>A second CONNECT on one connection.</summary>
    SecondConnect,

    /// <summary>QoS 2, which nothing here needs.</summary>
    UnsupportedQos,

    /// <summary>Silence for one and a half keep-alive times.</summary>
    KeepAlive,

    /// <summary>The same node connected again.</summary>
    TakenOver,

    /// <summary>Over the limit of connections.</summary>
    TooManyConnections,

    /// <summary>The client does not read what it is sent.</summary>
    SlowReader,

    /// <summary>The store failed, so a message has no answer; the node still has it and comes again.</summary>
    NotStored,
}

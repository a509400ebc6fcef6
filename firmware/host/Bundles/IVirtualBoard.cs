namespace DePin.Host.Bundles;

/// <summary>The virtual board as the node on it sees it; see <see cref="IRunningNode"/> for why the types are primitive.</summary>
public interface IVirtualBoard
{
    /// <summary>Compressed P-256 public key, 33 bytes.</summary>
    byte[] PublicKey { get; }

    /// <summary>The node's secret, 32 bytes.</summary>
    byte[] Secret { get; }

    /// <summary>Number of the hardware profile.</summary>
    int Profile { get; }

    /// <summary>First 8 bytes of the SHA-256 of the running bundle.</summary>
    byte[] Firmware { get; }

    /// <summary>Panel power below which it is dark, uW.</summary>
    int DuskMicrowatts { get; }

    /// <summary>What firmware this is.</summary>
    string Product { get; }

    /// <summary>Version of the loader.</summary>
    int Loader { get; }

    /// <summary>Whether there is memory to load a bundle into.</summary>
    bool HasRoomForBundles { get; }

    /// <summary>Keys that may sign releases, as flashing pinned them; compressed, 33 bytes each.</summary>
    byte[][] ReleaseKeys { get; }

    /// <summary>Keys that may change the release keys.</summary>
    byte[][] RootKeys { get; }

    /// <summary>Milliseconds since this boot, as the meter counts them.</summary>
    long UptimeMilliseconds { get; }

    /// <summary>Milliseconds for sockets and retries.</summary>
    long LinkMilliseconds { get; }

    /// <summary>Unix seconds from the network's time, 0 as long as it was not reached.</summary>
    long UnixSeconds { get; }

    /// <summary>Presses of the button since boot.</summary>
    int Presses { get; }

    /// <summary>One of the states of an uplink.</summary>
    int LinkState { get; }

    /// <summary>
    /// Measures now: uW harvested, delivered and imported, battery permille and mV, degrees Celsius, flags, 1 where the node
    /// serves Wi-Fi, its sessions, KiB down and KiB up.
    /// </summary>
    void Sample(long[] values);

    /// <summary>Fills the array with random bytes.</summary>
    void Fill(byte[] bytes);

    /// <summary>SHA-256 of a part of an array.</summary>
    byte[] Sha256(byte[] data, int offset, int count);

    /// <summary>HMAC-SHA256.</summary>
    byte[] HmacSha256(byte[] key, byte[] data);

    /// <summary>Begins a signature by the node's key.</summary>
    void StartSignature(byte[] toBeSigned);

    /// <summary>Goes on with it; true when it is ready.</summary>
    bool StepSignature();

    /// <summary>The finished signature, 64 bytes.</summary>
    byte[] Signature();

    /// <summary>A file's content, or null.</summary>
    /// <param name="isSlots">Whether it is among the bundles and not among the node's own.</param>
    /// <param name="name">Its name.</param>
    byte[]? ReadFile(bool isSlots, string name);

    /// <summary>Replaces a file's content, or makes the file.</summary>
    void WriteFile(bool isSlots, string name, byte[] content);

    /// <summary>Removes a file.</summary>
    void DeleteFile(bool isSlots, string name);

    /// <summary>The names of all files.</summary>
    string[] ListFiles(bool isSlots);

    /// <summary>Begins to connect.</summary>
    void Connect(string nodeId, string password, string willTopic, byte[] will);

    /// <summary>Asks for the messages of a topic.</summary>
    void Subscribe(string topic);

    /// <summary>Sends a message; false when the link is not up.</summary>
    bool Publish(string topic, byte[] payload, int qos);

    /// <summary>The next message that came, where there is one.</summary>
    bool Receive(out string topic, out byte[] payload);

    /// <summary>Logs out.</summary>
    void Close();

    /// <summary>Starts the board anew when this tick is over.</summary>
    void Restart();
}

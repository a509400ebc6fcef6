namespace DePin.Host;

/// <summary>What flashing a node tells the backend, and what the operator who set it up adds.</summary>
/// <param name="NodeId">The node's name, 16 characters.</param>
/// <param name="PublicKey">Compressed public key, 66 hex digits.</param>
/// <param name="LoginPassword">64 hex digits.</param>
/// <param name="DownKey">Key that seals messages to the node, 64 hex digits.</param>
/// <param name="Profile">Name of the hardware profile.</param>
/// <param name="Place">Where it stands, in words.</param>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
public sealed record Registration(
    string NodeId, string PublicKey, string LoginPassword, string DownKey, string Profile, string Place, double Latitude, double Longitude);

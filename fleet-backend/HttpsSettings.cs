using System.Net;

namespace DePin.Fleet;

/// <summary>How people reach the pages safely. Phones give camera and position only to pages they trust, and cookies must not be read on the way.</summary>
public sealed record HttpsSettings
{
    /// <summary>File of the certificate and those above it, PEM, as an ACME client writes it (fullchain.pem); null for none of our own. It is read again when it changes.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>File of its key, PEM (privkey.pem).</summary>
    public string? KeyFile { get; init; }

    /// <summary>Port for HTTPS, on every address of this machine; 0 for any free one.</summary>
    public int Port { get; init; } = 5443;

    /// <summary>Whether a proxy that speaks HTTPS stands before the HTTP port: then its X-Forwarded-For and -Proto are believed.</summary>
    public bool BehindProxy { get; init; }

    /// <summary>Addresses of such proxies beside this machine itself.</summary>
    public IReadOnlyList<string> KnownProxies { get; init; } = [];

    /// <summary>The first thing wrong with these, as a sentence, or null.</summary>
    internal string? Problem() =>
        (CertificateFile is null) != (KeyFile is null) ? "https.certificateFile and https.keyFile belong together; set both or none."
        : Port is < 0 or > 65535 ? $"https.port is {Port}; it must be a number from 0 to 65535."
        : KnownProxies.FirstOrDefault(address => !IPAddress.TryParse(address, out _)) is { } wrong ? $"https.knownProxies holds '{wrong}', which is no IP address."
        : null;
}

using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DePin.Fleet;

/// <summary>The certificate of the pages, read again when its files change: who renews it has nothing to restart.</summary>
public sealed class PageCertificate
{
    private const long LookEveryMilliseconds = 5000;

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly Lock _gate = new();
    private (SslStreamCertificateContext Context, DateTimeOffset Ends, (DateTime, DateTime) Written) _current;
    private long _lookedAt = Environment.TickCount64;
    private ILogger? _log;

    private PageCertificate(string certificateFile, string keyFile) => (_certificateFile, _keyFile) = (certificateFile, keyFile);

    /// <summary>When it ends.</summary>
    public DateTimeOffset Ends
    {
        get
        {
            _ = Current();
            return _current.Ends;
        }
    }

    /// <summary>Why the newest files are not in use, or null.</summary>
    public string? Problem { get; private set; }

    /// <summary>Reads it; null where the settings name none.</summary>
    /// <exception cref="StartRefusedException">The files cannot be read, or do not belong together.</exception>
    internal static PageCertificate? Open(HttpsSettings settings)
    {
        if (settings.CertificateFile is not { } certificateFile || settings.KeyFile is not { } keyFile)
        {
            return null;
        }

        var certificate = new PageCertificate(certificateFile, keyFile);
        try
        {
            certificate._current = certificate.Read();
            return certificate;
        }
        catch (Exception problem) when (IsExpected(problem))
        {
            throw new StartRefusedException($"The certificate of the pages cannot be used ({certificateFile}, {keyFile}): {problem.Message}", problem);
        }
    }

    /// <summary>Where changes are told.</summary>
    internal void LogTo(ILogger log) => _log = log;

    /// <summary>What a TLS connection that begins now is shown.</summary>
    internal SslStreamCertificateContext Current()
    {
        lock (_gate)
        {
            if (Environment.TickCount64 - _lookedAt >= LookEveryMilliseconds)
            {
                _lookedAt = Environment.TickCount64;
                ReadAgain();
            }

            return _current.Context;
        }
    }

    /// <summary>Looks now, without waiting.</summary>
    internal void ReadAgain()
    {
        lock (_gate)
        {
            try
            {
                if (Written() != _current.Written)
                {
                    _current = Read();
                    Problem = null;
                    _log?.LogInformation("The pages' certificate was read again; it ends {Ends:yyyy-MM-dd HH:mm} UTC.", _current.Ends);
                }
            }
            catch (Exception problem) when (IsExpected(problem))
            {
                // Half of a renewal: the old one goes on until both files fit.
                if (Problem != problem.Message)
                {
                    Problem = problem.Message;
                    _log?.LogError("The pages' new certificate cannot be used ({Problem}); the one before stays in use until {Ends:yyyy-MM-dd}.", problem.Message, _current.Ends);
                }
            }
        }
    }

    private static bool IsExpected(Exception problem) => problem is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private (DateTime, DateTime) Written() => (File.GetLastWriteTimeUtc(_certificateFile), File.GetLastWriteTimeUtc(_keyFile));

    private (SslStreamCertificateContext, DateTimeOffset, (DateTime, DateTime)) Read()
    {
        (DateTime, DateTime) written = Written();
        var certificate = X509Certificate2.CreateFromPemFile(_certificateFile, _keyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_certificateFile);
        return (SslStreamCertificateContext.Create(certificate, chain, offline: true), new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero), written);
    }
}

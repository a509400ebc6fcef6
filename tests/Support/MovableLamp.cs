using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Host.Boards;
using DePin.Host.Platform;
using DePin.Node;
using DePin.Node.Moving;
using DePin.Node.Pairing;

namespace DePin.Tests.Support;

/// <summary>
/// A simulated board with the real core that was flashed for one backend, on a clock that runs and that a test moves on by hours. Any
/// backend can be told of it.
/// </summary>
internal sealed class MovableLamp : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly IdentityFile _identity;
    private readonly FileFlash _flash;
    private readonly Task _loop;
    private long _rounds;

    private MovableLamp(NodeSettings settings)
    {
        _flash = new FileFlash(_folder.File("board/flash"), synchronises: false);
        var making = new IdentityMaking(new PlatformDigest(), RandomNumberGenerator.GetBytes(64), RandomNumberGenerator.GetBytes(32));
        IdentityFile? made;
        do
        {
            made = making.Step();
        }
        while (made is null);
        _identity = made;
        _identity.Save(_flash);
        _flash.Write(SettingsFile.FileName, settings.Encode());
        Clock = new SteppedClock(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        Board = new SimulatedBoard(new SimulatedBoardOptions { Folder = _folder.File("board"), Profile = DePin.Host.Profile.Named("lamp-small"), Time = Clock });
        _loop = Task.Run(LoopAsync);
    }

    public SteppedClock Clock { get; }

    public SimulatedBoard Board { get; }

    public string Id => Board.NodeId!;

    /// <summary>Flashed for a backend, with these release keys.</summary>
    public static MovableLamp For(RunningBackend backend, params byte[][] releaseKeys) => new(new NodeSettings
    {
        NetworkNames = [Encoding.UTF8.GetBytes("village")],
        NetworkKeys = [Encoding.UTF8.GetBytes("a network's key")],
        Host = "127.0.0.1",
        Port = backend.MqttTlsPort,
        Anchors = [Authority(backend)],
        Profile = 1,
        ReleaseKeys = releaseKeys,
    });

    /// <summary>The certificate of a backend's authority (DER).</summary>
    public static byte[] Authority(RunningBackend backend)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(backend.CaPath);
        return certificate.RawData;
    }

    /// <summary>Tells a backend of this node.</summary>
    public Task RegisterAsync(RunningBackend backend)
    {
        var digest = new PlatformDigest();
        var names = new NodeIdentity(digest, _identity.PublicKey, _identity.Secret);
        return backend.RegisterAsync([new DePin.Host.Registration(Id, Hex.Lower(_identity.PublicKey), names.LoginPassword, Hex.Lower(names.DownKey), "lamp-small", "Kisumu", -0.0917, 34.768)]);
    }

    /// <summary>Waits until the node is logged in at a backend and has told its status.</summary>
    public async Task IsOnlineAtAsync(RunningBackend backend)
    {
        await Eventually.HoldsAsync(
            async () => (bool?)JsonNode.Parse(await backend.Http.GetStringAsync($"/api/nodes/{Id}", TestContext.Current.CancellationToken))!["isOnline"] == true,
            "the node logs in there");
    }

    /// <summary>Waits until the board stands as said.</summary>
    public async Task StandsAsync(Func<Whereabouts, bool> how, string what) => await Eventually.HoldsAsync(() => how(Peek()), what);

    /// <summary>Lets hours pass for the board, in steps that it can follow.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMinutes(10))
        {
            long seen = Volatile.Read(ref _rounds);
            Clock.Pass(TimeSpan.FromMinutes(10));
            await Eventually.HoldsAsync(() => Volatile.Read(ref _rounds) > seen + 1, "the board follows");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await Board.DisposeAsync();
        _stop.Dispose();
        _folder.Dispose();
    }

    // At a copy: what a board writes meanwhile is the board's.
    private Whereabouts Peek()
    {
        var copy = new DePin.Host.Simulation.SimulatedFlash();
        foreach (string name in (string[])[SettingsFile.FileName, Whereabouts.FileName])
        {
            if (_flash.Read(name) is { } content)
            {
                copy.Write(name, content);
            }
        }

        return Whereabouts.Load(copy, isStart: false);
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Step);
        while (!_stop.IsCancellationRequested)
        {
            Clock.Pass(Step);
            Board.Step();
            Interlocked.Increment(ref _rounds);
            await timer.WaitForNextTickAsync(_stop.Token).AsTask().ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}

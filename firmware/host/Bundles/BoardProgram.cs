using System.Security.Cryptography;
using DePin.Node.Outbox;
using DePin.Node.Update;

namespace DePin.Host.Bundles;

/// <summary>
/// What runs on a virtual board: chosen at every start by the loader's own code, the factory copy in this program or a bundle out
/// of a slot. A bundle is watched: whatever it does, the board starts anew. A fault of the factory copy comes through.
/// </summary>
internal sealed class BoardProgram(Func<VirtualBoardParts> parts, VirtualNodeOptions options, byte[] secret) : IHandOver, IDisposable
{
    // Simulated seconds without power after a restart that the node asked for, after a crash, and after one by the watchdog.
    private const int RestartSeconds = 10;
    private const int CrashSeconds = 15;
    private const int WatchdogSeconds = 60;

    private static readonly Lazy<byte[]> Factory = new(() => SHA256.HashData(File.ReadAllBytes(typeof(Node.Node).Assembly.Location))[..8]);
    private readonly Watchdog _watchdog = new(options.WatchdogLimit);
    private IFlash? _slots;
    private bool _isBundle;
    private int _offSeconds;

    /// <summary>First 8 bytes of the SHA-256 of the factory copy: the node core's own assembly.</summary>
    public static byte[] FactoryFirmware => Factory.Value;

    /// <summary>What runs; null while the board is off.</summary>
    public BoardRun? Current { get; private set; }

    /// <summary>First 8 bytes of the SHA-256 of what runs, or ran last.</summary>
    public byte[] Firmware { get; private set; } = FactoryFirmware;

    /// <summary>Why a bundle was left or started anew last, in words; empty when none was.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Power on; the seconds that the board is off again at once, 0 where it runs.</summary>
    public int Start(IFlash slots)
    {
        _offSeconds = 0;
        _slots = slots;
        new Starter(slots, this).Run();
        return _offSeconds;
    }

    /// <summary>Does something with what runs; the seconds that the board is off after it, 0 where it goes on.</summary>
    public int Run(Action<BoardRun> work)
    {
        BoardRun run = Current!;
        int offSeconds = Guarded(() => work(run), () => run.Ticks);
        offSeconds = offSeconds == 0 && run.WantsRestart ? RestartSeconds : offSeconds;
        if (offSeconds > 0)
        {
            Off();
        }

        return offSeconds;
    }

    /// <summary>Power off.</summary>
    public void Off()
    {
        Current?.Board.Reset();
        Current = null;
    }

    public void ToBundle(byte[] bundle, byte[] firmware)
    {
        Func<IVirtualBoard, IRunningNode> entry = BundleAssemblies.Entry(bundle);
        _isBundle = true;
        Begin(entry, firmware);
    }

    public void ToFactory()
    {
        _isBundle = false;
        Begin(BundleEntry.Start, FactoryFirmware);
    }

    public void Tell(string problem) => Problem = problem;

    public void Dispose() => _watchdog.Dispose();

    private void Begin(Func<IVirtualBoard, IRunningNode> entry, byte[] firmware)
    {
        Firmware = firmware;
        var board = new VirtualBoard(parts(), options, secret, firmware);
        IRunningNode? node = null;
        _offSeconds = Guarded(() => node = entry(board), () => 0);
        if (_offSeconds == 0)
        {
            Current = new BoardRun(node!, board);
        }
        else
        {
            board.Reset();
        }
    }

    private int Guarded(Action work, Func<long> beats)
    {
        if (!_isBundle)
        {
            work();
            return 0;
        }

        try
        {
            if (_watchdog.Run(work, beats))
            {
                return 0;
            }

            // As a board's stall guard does, which is no part of what stands still.
            SlotFiles.MarkStall(_slots!);
            Problem = "The program stood still: restarted by the watchdog.";
            return WatchdogSeconds;
        }
#pragma warning disable CA1031 // As on a board: whatever ends the program is told, and the board starts anew.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            Problem = $"The program ended: {problem.Message}";
            return CrashSeconds;
        }
    }
}

/// <summary>A node that runs, on its board. Where the board was reset meanwhile, a tick of it throws.</summary>
internal sealed class BoardRun(IRunningNode node, VirtualBoard board)
{
    private long _ticks;

    public IRunningNode Node => node;

    public VirtualBoard Board => board;

    public bool WantsRestart => board.WantsRestart;

    /// <summary>Ticks that ended.</summary>
    public long Ticks => Interlocked.Read(ref _ticks);

    public void Tick()
    {
        node.Tick();
        board.On();
        Interlocked.Increment(ref _ticks);
    }
}

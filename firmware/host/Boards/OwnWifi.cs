using DePin.Host.Platform;
using DePin.Node.Moving;

namespace DePin.Host.Boards;

/// <summary>
/// A simulated board's own Wi-Fi: the real local page, on this machine's loopback. As on a board, a setting that outlives power opens it
/// at every start until it is taken away.
/// </summary>
internal sealed class OwnWifi(string folder) : IDisposable
{
    private readonly string _setting = Path.Combine(folder, "own-wifi");
    private LoopbackVisitors? _visitors;
    private LocalSetup? _setup;

    /// <summary>Where the page is while it is open since this start.</summary>
    public Uri? Page => _visitors?.Address;

    /// <summary>Whether it opens at the next start.</summary>
    public bool IsSet => File.Exists(_setting);

    /// <summary>Whether the page's time is over or its work is done.</summary>
    public bool IsOver => _setup?.IsOver ?? false;

    /// <summary>Whether the page stored something, for the next start: the node that runs knows nothing of it and may write no more.</summary>
    public bool IsStored => _setup?.IsStored ?? false;

    /// <summary>Opens it at the next start, or no more.</summary>
    public void Toggle()
    {
        if (IsSet)
        {
            File.Delete(_setting);
        }
        else
        {
            File.WriteAllText(_setting, "");
        }
    }

    /// <summary>A start: opens it where the setting says so.</summary>
    public void Start(Whereabouts where, string node, long uptimeMilliseconds)
    {
        if (IsSet)
        {
            _visitors = new LoopbackVisitors();
            _setup = new LocalSetup(_visitors, where, node, new SystemEntropy(), uptimeMilliseconds);
        }
    }

    /// <summary>Serves whoever is there.</summary>
    public void Step(long uptimeMilliseconds) => _setup?.Step(uptimeMilliseconds);

    /// <summary>Power goes.</summary>
    public void Dispose()
    {
        _setup = null;
        _visitors?.Dispose();
        _visitors = null;
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace DePin.Tools.Bench;

/// <summary>Idle lamps that come together, say that they live, and go together.</summary>
/// <param name="logins">Node id and password of each.</param>
/// <param name="gateway">Where they connect.</param>
/// <param name="tls">How they check it; plain where null.</param>
internal sealed class IdleCrowd(IReadOnlyList<(string Id, string Password)> logins, EndPoint gateway, SslClientAuthenticationOptions? tls) : IAsyncDisposable
{
    private const int AtOnce = 64;

    private static readonly TimeSpan BetweenPings = TimeSpan.FromSeconds(20);

    private IdleLamp[] _lamps = [];
    private CancellationTokenSource? _ending;
    private Task? _pinging;

    /// <summary>How they are.</summary>
    public CrowdState State => new(_lamps.Length, _lamps.Count(lamp => lamp.Closed is not null), Array.Find(_lamps, lamp => lamp.Closed is not null)?.Closed);

    /// <summary>All come.</summary>
    /// <exception cref="CommandException">One could not log in.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _lamps = [.. logins.Select(login => new IdleLamp(login.Id, login.Password, tls))];
        try
        {
            await Parallel.ForEachAsync(_lamps, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (lamp, token) => await lamp.OpenAsync(gateway, token));
        }
        catch (Exception problem) when (problem is SocketException or IOException or AuthenticationException)
        {
            throw CommandException.Failed($"A lamp could not log in: {problem.Message}", problem);
        }

        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _pinging = PingAsync(_lamps, _ending.Token);
    }

    /// <summary>All go at once, without a word.</summary>
    public async Task CloseAsync()
    {
        if (_ending is not null)
        {
            await _ending.CancelAsync();
            await _pinging!;
            _ending.Dispose();
            _ending = null;
        }

        Array.ForEach(_lamps, lamp => lamp.Dispose());
        _lamps = [];
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await CloseAsync();

    private static async Task PingAsync(IdleLamp[] lamps, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(BetweenPings);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (IdleLamp lamp in lamps)
                {
                    await lamp.PingAsync(cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // They go.
        }
    }
}

/// <summary>How an <see cref="IdleCrowd"/> is.</summary>
/// <param name="Lamps">That came.</param>
/// <param name="Lost">Of them whose connection ended by itself.</param>
/// <param name="Reason">Why one of those did; null where none did.</param>
internal sealed record CrowdState(int Lamps, int Lost, string? Reason);

using System.Data.Common;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Instances;

/// <summary>
/// Runs what must be done once however many instances there are: crediting, settlement, rollouts, care, the log of proofs, notices. With one instance it
/// simply runs; with several the one that holds the lease does all of it, and another goes on within the lease's term when that one is gone.
/// </summary>
internal sealed class Duties(IEnumerable<Duty> duties, Database database, StoreWriter writer, Peers peers, IHostApplicationLifetime life, ILogger<Duties> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly Lease _lease = new("duties", peers.Me);
    private readonly BackgroundService[] _duties = [.. duties.Select(duty => duty.Service)];
    private CancellationTokenSource? _running;

    /// <summary>Whether this instance does them now.</summary>
    public bool AreHere => _running is not null;

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (database is not PostgresDatabase)
        {
            await BeginAsync();
            return;
        }

        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_running is null)
        {
            return;
        }

        await EndAsync();
        if (database is PostgresDatabase postgres)
        {
            try
            {
                await using DbConnection connection = postgres.OpenAlone();
                _lease.GiveBack(connection);
            }
            catch (DbException problem)
            {
                log.LogInformation("The lease was not given back, so the others wait for its end: {Problem}", problem.Message);
            }
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var postgres = (PostgresDatabase)database;
        long goodUntil = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            bool isHeld = _running is not null;
            try
            {
                // Counted from before the question, so that it never seems good for longer than it is.
                long asked = Environment.TickCount64;
                isHeld = await HoldAsync(postgres, isHeld);
                goodUntil = isHeld ? asked + (long)Lease.Term.TotalMilliseconds : goodUntil;
            }
            catch (Exception problem) when (problem is DbException or InvalidOperationException)
            {
                log.LogWarning("The lease of the background work cannot be read; it is tried again: {Problem}", problem.Message);
                isHeld = isHeld && Environment.TickCount64 < goodUntil;
            }

            if (isHeld && _running is null)
            {
                log.LogInformation("This instance does the background work from now on.");
                await BeginAsync();
            }
            else if (!isHeld && _running is not null)
            {
                log.LogWarning("Another instance does the background work from now on.");
                await EndAsync();
            }

            await Task.Delay(Look, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> HoldAsync(PostgresDatabase postgres, bool isHeld)
    {
        await using DbConnection connection = postgres.OpenAlone();
        return isHeld ? _lease.Renew(connection) : _lease.IsFree(connection) && await writer.RunAsync(_lease.Take);
    }

    private async Task BeginAsync()
    {
        _running = new CancellationTokenSource();
        IWriteAlong? before = StoreWriter.Along.Value;
        StoreWriter.Along.Value = database is PostgresDatabase ? _lease : null;
        try
        {
            foreach (BackgroundService duty in _duties)
            {
                await duty.StartAsync(CancellationToken.None);
                _ = WatchAsync(duty, _running.Token);
            }
        }
        finally
        {
            StoreWriter.Along.Value = before;
        }
    }

    private async Task EndAsync()
    {
        await _running!.CancelAsync();
        foreach (BackgroundService duty in _duties.Reverse())
        {
            await duty.StopAsync(CancellationToken.None);
        }

        _running.Dispose();
        _running = null;
    }

    // A duty that ends by a fault would be missing without a word.
    private async Task WatchAsync(BackgroundService duty, CancellationToken ending)
    {
        if (duty.ExecuteTask is not { } work)
        {
            return;
        }

        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (work.IsFaulted && !ending.IsCancellationRequested)
        {
            log.LogCritical(work.Exception, "{Duty} ended by a fault; the backend stops", duty.GetType().Name);
            life.StopApplication();
        }
    }
}

/// <summary>Work that must be done once; see <see cref="Duties"/>. Started again it begins from what is stored.</summary>
internal sealed record Duty(BackgroundService Service);

/// <summary>Registers duties.</summary>
internal static class DutyServices
{
    /// <summary>Adds a service as itself and as a duty.</summary>
    public static IServiceCollection AddDuty<T>(this IServiceCollection services)
        where T : BackgroundService =>
        services.AddSingleton<T>().AddSingleton(provider => new Duty(provider.GetRequiredService<T>()));
}

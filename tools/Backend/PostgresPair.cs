namespace DePin.Tools.Backend;

/// <summary>Two PostgreSQL servers of a command's own as fleet-backend/deploy/postgres.md has them: a primary, and a standby that has every commit before it is answered.</summary>
internal sealed class PostgresPair : IAsyncDisposable
{
    private static readonly TimeSpan SyncLimit = TimeSpan.FromSeconds(60);

    private PostgresPair(PostgresServer primary, PostgresServer standby) => (Primary, Standby) = (primary, standby);

    /// <summary>The one that takes writes now.</summary>
    public PostgresServer Primary { get; private set; }

    /// <summary>The one that follows it, or that was lost and has to.</summary>
    public PostgresServer Standby { get; private set; }

    /// <summary>Makes both and starts them.</summary>
    /// <exception cref="CommandException">PostgreSQL is not installed, or one did not start; the sentence says which.</exception>
    public static async Task<PostgresPair> StartAsync(CancellationToken cancellationToken, bool onSmallDisks = false)
    {
        PostgresServer primary = await PostgresServer.StartAsync(cancellationToken, "a", onSmallDisks);
        PostgresServer? standby = null;
        try
        {
            standby = await primary.StartStandbyAsync("b", cancellationToken);
            var pair = new PostgresPair(primary, standby);
            await pair.SynchronizeAsync(cancellationToken);
            return pair;
        }
        catch
        {
            await primary.DisposeAsync();
            await (standby?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>Makes a database and answers how Npgsql reaches it on whichever is the primary.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        const string Name = "fleet";
        await Primary.CreateDatabaseAsync(cancellationToken, Name);
        return Primary.OrOther(Standby, Name);
    }

    /// <summary>Makes the standby of a primary that was lost the primary, by steps 2 and 3 of the page.</summary>
    public async Task PromoteAsync(CancellationToken cancellationToken)
    {
        (Primary, Standby) = (Standby, Primary);
        await Primary.AskAsync(cancellationToken, "SELECT pg_promote()");
        await Primary.AskAsync(cancellationToken, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
    }

    /// <summary>Makes a standby anew where the primary was lost, and lets commits wait for it again.</summary>
    /// <exception cref="CommandException">It did not start, or does not follow.</exception>
    public async Task RenewStandbyAsync(CancellationToken cancellationToken)
    {
        await Standby.FollowAsync(Primary, cancellationToken);
        await SynchronizeAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // A primary that stops in order waits for its standby to have everything: so it goes first.
        await Primary.DisposeAsync();
        await Standby.DisposeAsync();
    }

    private async Task SynchronizeAsync(CancellationToken cancellationToken)
    {
        await UntilAsync("state = 'streaming'", cancellationToken);

        // On the standby too, as one has it whose base backup is younger: promoted it waits for a standby that there is not, until it is reset.
        foreach (PostgresServer server in (PostgresServer[])[Primary, Standby])
        {
            await server.AskAsync(cancellationToken, "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (a, b)'", "SELECT pg_reload_conf()");
        }

        await UntilAsync("sync_state = 'sync'", cancellationToken);
    }

    private Task UntilAsync(string fact, CancellationToken cancellationToken) => Waiting.UntilAsync(
        async () => await Primary.AskAsync(cancellationToken, $"SELECT count(*) FROM pg_stat_replication WHERE application_name = '{Standby.Name}' AND {fact}") == "1",
        SyncLimit, $"the standby of PostgreSQL is not so: {fact}", cancellationToken);
}

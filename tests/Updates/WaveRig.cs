using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;
using DePin.Fleet.Upkeep;
using DePin.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace DePin.Tests.Updates;

/// <summary>A database with an approved rollout to every node, and the step that drives it; nobody is logged in.</summary>
internal sealed class WaveRig : IDisposable
{
    private readonly SteppedClock _clock = new(1_790_000_000);
    private readonly DataFolder _folder;
    private readonly Database _database;
    private readonly StoreWriter _writer;
    private readonly RolloutStep _step;

    private WaveRig(string path)
    {
        TestDatabase.Prepare(path);
        _folder = DataFolder.Open(path);
        _database = Database.Open(_folder, _clock);
        _writer = new StoreWriter(_database);
        _step = new RolloutStep(
            _database, _writer, new UpdateNotices(new NoLink(), _database), new NodeDirectory(), new NodePresence(), new Downloads(new UpdateSettings()), _clock, NullLogger<RolloutStep>.Instance);
    }

    /// <summary>Opens the folder; with nodes in it where there shall be any.</summary>
    public static async Task<WaveRig> StartAsync(string path, int nodes)
    {
        var rig = new WaveRig(path);
        if (nodes > 0)
        {
            await rig._writer.RunAsync(connection =>
            {
                WaveBenchStore.Nodes(connection, nodes);
                Assert.Equal(1, WaveBench.Plan(connection, rig._clock.UnixMilliseconds));
            });
        }

        return rig;
    }

    public Task OpenAsync() => _writer.RunAsync(connection => RolloutWaves.Open(connection, RolloutStore.Find(connection, 1)!, ReleaseStore.Get(connection, 1), 0, null, "mary", _clock.UnixMilliseconds));

    public Task MoveAsync(RolloutState state) => _writer.RunAsync(connection => RolloutStore.Move(connection, 1, state, null, null, _clock.UnixMilliseconds));

    public Task StepAsync() => _step.StepAsync(TestContext.Current.CancellationToken);

    /// <summary>Nodes in the wave, and those still to come.</summary>
    public Task<(long Size, long ToTake)> WaveAsync() => _writer.RunAsync(connection =>
    {
        WaveRow wave = RolloutStore.Wave(connection, 1, 0);
        return (wave.Size, wave.ToTake);
    });

    public Task<long> MembersAsync() => _writer.RunAsync(connection => TargetStore.Members(connection, 1));

    public void Dispose()
    {
        _step.Dispose();
        _writer.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    private sealed class NoLink : INodeLink
    {
        public Task<bool> SendAsync(RegisteredNode node, string topic, Func<DownHeader, byte[]> payload, CancellationToken cancellationToken) => Task.FromResult(false);

        public bool SendOpen(RegisteredNode node, string topic, byte[] message) => false;
    }
}

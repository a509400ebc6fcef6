using System.Data.Common;
using DePin.Contracts;
using DePin.Contracts.Updates;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>What nodes are told about releases.</summary>
internal sealed class UpdateNotices(INodeLink link, Database database)
{
    /// <summary>Tells a node of the last rotation of the release keys, unless it said that it has them.</summary>
    public async Task KeysAsync(RegisteredNode node, CancellationToken cancellationToken)
    {
        if (RotationFor(node) is { } rotation)
        {
            await link.SendAsync(node, Topics.Update, header => UpdateNotice.ForKeys(header, rotation.Message).Encode(), cancellationToken);
        }
    }

    /// <summary>Offers a release; before it the keys that sign it, where root keys changed them. False where the node is away.</summary>
    public async Task<bool> OfferAsync(RegisteredNode node, long attempt, ReleaseRow release, CancellationToken cancellationToken)
    {
        await KeysAsync(node, cancellationToken);

        return await link.SendAsync(node, Topics.Update, header => UpdateNotice.ForOffer(header, attempt, release.Message).Encode(), cancellationToken);
    }

    /// <summary>Withdraws an offer.</summary>
    public Task<bool> WithdrawAsync(RegisteredNode node, long attempt, byte[] releaseHash, UpdateWithdrawal reason, CancellationToken cancellationToken) =>
        link.SendAsync(node, Topics.Update, header => UpdateNotice.ForWithdraw(header, Math.Max(1, attempt), releaseHash, reason).Encode(), cancellationToken);

    /// <summary>Asks a node to ask later.</summary>
    public Task<bool> BusyAsync(RegisteredNode node, long attempt, byte[] releaseHash, long seconds, CancellationToken cancellationToken) =>
        link.SendAsync(node, Topics.Update, header => UpdateNotice.ForBusy(header, attempt, releaseHash, (int)Math.Clamp(seconds, 1, UpdateLimits.BusySecondsMax)).Encode(), cancellationToken);

    /// <summary>Says that a report is stored.</summary>
    public Task<bool> HeardAsync(RegisteredNode node, UpdateReport report, CancellationToken cancellationToken) =>
        link.SendAsync(node, Topics.Update, header => UpdateNotice.ForHeard(header, report.Attempt, report.Release, report.Counter).Encode(), cancellationToken);

    /// <summary>Sends a block; false where the node is away.</summary>
    public bool SendBlock(RegisteredNode node, byte[] releaseId, int index, byte[] bytes) => link.SendOpen(node, Topics.Update, new UpdateBlock(releaseId, index, bytes).Encode());

    /// <summary>Why an offer of a rollout does not stand any more.</summary>
    public static UpdateWithdrawal ReasonOf(RolloutState state, ReleaseRow release, long nowUnixSeconds) =>
        release.RecalledUnixMilliseconds is not null ? UpdateWithdrawal.Recalled
        : state == RolloutState.Stopped ? UpdateWithdrawal.Stopped
        : SignedRelease.Decode(release.Message, out _)!.Manifest.ExpiresUnixSeconds <= nowUnixSeconds ? UpdateWithdrawal.Expired
        : UpdateWithdrawal.Superseded;

    private RotationRow? RotationFor(RegisteredNode node)
    {
        using DbConnection connection = database.OpenReader();
        return ReleaseStore.Keys(connection).Rotation is { } rotation && RolloutNodeStore.KeysVersion(connection, node.RowId) < rotation.Version ? rotation : null;
    }
}

using System.Data.Common;
using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>
/// Speaks with nodes about releases: on login repeats what stands, gives blocks on request, and stores signed reports. Every answer follows from the node's
/// row, so that a kill between two messages changes nothing.
/// </summary>
internal sealed class UpdateDesk(Database database, GroupedWork work, UpdateNotices notices, Artifacts artifacts, Downloads downloads, TimeProvider clock, ILogger<UpdateDesk> logger) : IUpdateMessages
{
    private const long PausedSeconds = 600;
    private const int BusySeconds = 60;
    private const long SecondsPerDay = 86_400;

    private DateTimeOffset Now => clock.GetUtcNow();

    /// <inheritdoc />
    public async Task HeardAsync(RegisteredNode node, byte[] firmware, CancellationToken cancellationToken)
    {
        string digest = Convert.ToHexStringLower(firmware);
        Standing? standing;
        bool isOtherFirmware;
        using (DbConnection connection = database.OpenReader())
        {
            isOtherFirmware = RolloutNodeStore.Firmware(connection, node.RowId) != digest;
            standing = Standing.Read(connection, node.RowId);
        }

        if (isOtherFirmware)
        {
            await work.RunAsync(connection => Done(() => RolloutNodeStore.SetFirmware(connection, node.RowId, digest, Now.ToUnixTimeMilliseconds())), cancellationToken);
        }

        if (standing is not null && NodeProgress.IsUnderWay(standing.Member.State) && RolloutRules.IsServed(standing.Rollout.State))
        {
            // With the keys that it is signed by.
            await notices.OfferAsync(node, standing.Member.Attempt, standing.Release, cancellationToken);
            return;
        }

        await notices.KeysAsync(node, cancellationToken);
        if (standing is not null)
        {
            await RepeatAsync(node, standing, cancellationToken);
        }
    }

    /// <inheritdoc />
    public Task<bool> TakeAsync(RegisteredNode node, byte[] session, byte[] message, CancellationToken cancellationToken) =>
        BlockRequest.IsRequest(message) ? ServeAsync(node, session, message, cancellationToken) : ReportAsync(node, message, cancellationToken);

    // What else a node that logs in may have missed.
    private async Task RepeatAsync(RegisteredNode node, Standing standing, CancellationToken cancellationToken)
    {
        (MemberRow member, RolloutRow rollout, ReleaseRow release) = standing;
        bool isServed = RolloutRules.IsServed(rollout.State);
        switch (member.State)
        {
            case NodeState.Pending when isServed && member.DueUnixMilliseconds is null:
                await work.RunAsync(connection => Done(() => RolloutNodeStore.SetDue(connection, member.Id, Now.ToUnixTimeMilliseconds())), cancellationToken);
                break;
            case NodeState.Withdrawn when member.DueUnixMilliseconds is not null:
                if (await notices.WithdrawAsync(node, member.Attempt, release.Hash, UpdateNotices.ReasonOf(rollout.State, release, Now.ToUnixTimeSeconds()), cancellationToken))
                {
                    await work.RunAsync(connection => Done(() => RolloutNodeStore.SetDue(connection, member.Id, null)), cancellationToken);
                }

                break;
            default:
                break;
        }
    }

    private async Task<bool> ServeAsync(RegisteredNode node, byte[] session, byte[] message, CancellationToken cancellationToken)
    {
        if (BlockRequest.Decode(message, out _) is not { } request || !Session.AreEqual(request.Session, session))
        {
            return false;
        }

        Download? download = downloads.Find(node.RowId, request.ReleaseId);
        if (download is null)
        {
            (bool isUseful, download) = await BeginAsync(node, request, cancellationToken);
            if (download is null)
            {
                return isUseful;
            }
        }

        long seconds = Now.ToUnixTimeSeconds();
        long day = seconds / SecondsPerDay;
        int blocks = UpdateLimits.BlocksOf(download.Bundle.Length);
        for (int index = request.First; index < Math.Min(blocks, request.First + request.Count); index++)
        {
            int bytes = UpdateLimits.BytesOfBlock(download.Bundle.Length, index);
            if (!download.MaySend(bytes, day))
            {
                long tomorrow = ((day + 1) * SecondsPerDay) - seconds;
                return await notices.BusyAsync(node, download.Attempt, download.ReleaseHash, tomorrow + RandomNumberGenerator.GetInt32(BusySeconds), cancellationToken);
            }

            if (notices.SendBlock(node, download.ReleaseId, index, download.Bundle.AsSpan(index * UpdateLimits.BlockBytes, bytes).ToArray()))
            {
                download.Count(index, bytes, day);
            }
        }

        return true;
    }

    // A node begins, or comes back after a minute: its row says whether it gets anything. Every no is said, none is silence.
    private async Task<(bool IsUseful, Download? Download)> BeginAsync(RegisteredNode node, BlockRequest request, CancellationToken cancellationToken)
    {
        Standing? standing;
        ReleaseRow? asked;
        using (DbConnection connection = database.OpenReader())
        {
            standing = Standing.Read(connection, node.RowId);
            asked = ReleaseStore.Find(connection, Convert.ToHexStringLower(request.ReleaseId));
        }

        if (asked is null)
        {
            return (false, null);
        }

        if (standing is null || standing.Release.RowId != asked.RowId || !NodeProgress.IsUnderWay(standing.Member.State))
        {
            bool isOfThisRelease = standing?.Release.RowId == asked.RowId;
            UpdateWithdrawal reason = asked.RecalledUnixMilliseconds is not null ? UpdateWithdrawal.Recalled
                : isOfThisRelease ? UpdateNotices.ReasonOf(standing!.Rollout.State, asked, Now.ToUnixTimeSeconds())
                : UpdateWithdrawal.Superseded;
            return (await notices.WithdrawAsync(node, isOfThisRelease ? standing!.Member.Attempt : 1, asked.Hash, reason, cancellationToken), null);
        }

        (MemberRow member, RolloutRow rollout, ReleaseRow release) = standing;
        if (!RolloutRules.IsServed(rollout.State))
        {
            return (await notices.BusyAsync(node, member.Attempt, release.Hash, PausedSeconds + RandomNumberGenerator.GetInt32(BusySeconds), cancellationToken), null);
        }

        if (artifacts.Read(release.Bundle) is not { } bundle)
        {
            logger.LogError("The bundle {File} of release {Release} is gone, or is not what was signed; put it back from your backup. Nodes are asked to wait.", artifacts.FileOf(release.Bundle), release.Name);
            return (await notices.BusyAsync(node, member.Attempt, release.Hash, PausedSeconds, cancellationToken), null);
        }

        RateRules rate = rollout.Plan.Rate;
        var download = new Download(member, request.ReleaseId, release.Hash, bundle, rate.BytesPerNodeAndDay);
        return downloads.TryBegin(node.RowId, download, rate.ConcurrentDownloads)
            ? (true, download)
            : (await notices.BusyAsync(node, member.Attempt, release.Hash, BusySeconds + RandomNumberGenerator.GetInt32(BusySeconds), cancellationToken), null);
    }

    private async Task<bool> ReportAsync(RegisteredNode node, byte[] message, CancellationToken cancellationToken)
    {
        SignedMessage? signed = SignedMessage.Decode(message, UpdateLimits.SignedReportBytes, out _);
        UpdateReport? report = signed is null ? null : UpdateReport.Decode(signed.Message, signed.PayloadOffset, signed.PayloadLength, out _);
        if (report is null || !signed!.Node.Equals(node.Id) || !report.Node.Equals(node.Id) || !IsSigned(node, signed))
        {
            return false;
        }

        Standing? standing = await work.RunAsync(connection => Store(connection, node, report, message), cancellationToken);
        if (report.State is not (UpdateState.Accepted or UpdateState.Downloading))
        {
            downloads.End(node.RowId);
        }

        // Also a late one is heard: what it said is stored, or something newer.
        await notices.HeardAsync(node, report, cancellationToken);
        if (standing is { Member.State: NodeState.Withdrawn } && report.State is not (UpdateState.Confirmed or UpdateState.WentBack or UpdateState.Rejected))
        {
            await notices.WithdrawAsync(node, report.Attempt, standing.Release.Hash, UpdateNotices.ReasonOf(standing.Rollout.State, standing.Release, Now.ToUnixTimeSeconds()), cancellationToken);
        }

        return true;
    }

    // Counter and standing in one transaction: a report is heard once, and the end of an attempt stays.
    private Standing? Store(DbConnection connection, RegisteredNode node, UpdateReport report, byte[] message)
    {
        long now = Now.ToUnixTimeMilliseconds();
        if (!RolloutNodeStore.Count(connection, node.RowId, report.Counter))
        {
            return null;
        }

        if (report.Attempt == 0)
        {
            NoteKeys(connection, node, report);
            return null;
        }

        if (RolloutNodeStore.OfAttempt(connection, node.RowId, report.Attempt) is not { } member)
        {
            return null;
        }

        RolloutRow rollout = RolloutStore.Find(connection, member.Rollout)!;
        ReleaseRow release = ReleaseStore.Get(connection, rollout.Release!.Value);
        if (!release.Hash.AsSpan().SequenceEqual(report.Release))
        {
            return null;
        }

        if (NodeProgress.After(member.State, (int)member.Failures, report, Convert.FromHexString(release.Digest)) is { } step)
        {
            RolloutNodeStore.Step(connection, member, step, report, now);
            if (step.IsEnd)
            {
                NodeState end = step.State is NodeState.NeedsAttention ? report.State == UpdateState.Rejected ? NodeState.Rejected : NodeState.WentBack : step.State;
                RolloutNodeStore.End(connection, member, end, step.Reason, report, message, now);
            }

            member = RolloutNodeStore.Get(connection, member.Id);
        }

        return new Standing(member, rollout, release);
    }

    // A node that has the keys, or newer ones, is told no more.
    private static void NoteKeys(DbConnection connection, RegisteredNode node, UpdateReport report)
    {
        if (ReleaseStore.Keys(connection).Rotation is { } rotation && Releases.HashOf(rotation).AsSpan().SequenceEqual(report.Release)
            && (report.State == UpdateState.Confirmed || report.Reason == UpdateReason.KeysTooOld))
        {
            RolloutNodeStore.SetKeysVersion(connection, node.RowId, rotation.Version);
        }
    }

    private static bool IsSigned(RegisteredNode node, SignedMessage message)
    {
        using var key = ECDsa.Create(CompressedPoint.Decompress(node.PublicKey)!.Value);
        byte[] signed = SignedMessage.ToBeSigned(UpdateReport.Context, message.Message, message.PayloadOffset, message.PayloadLength);
        return key.VerifyData(signed, message.CopySignature(), HashAlgorithmName.SHA256);
    }

    private static bool Done(Action act)
    {
        act();
        return true;
    }

    // What a node has to do with updates now.
    private sealed record Standing(MemberRow Member, RolloutRow Rollout, ReleaseRow Release)
    {
        public static Standing? Read(DbConnection connection, long node)
        {
            if (RolloutNodeStore.Present(connection, node) is not { } member)
            {
                return null;
            }

            RolloutRow rollout = RolloutStore.Find(connection, member.Rollout)!;
            return new Standing(member, rollout, ReleaseStore.Get(connection, rollout.Release!.Value));
        }
    }
}

using System.Data.Common;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Boards;

/// <summary>Key succession: the node with a new key on the same board takes over people, agreement and loan of the one before. Proposed by the bench.</summary>
internal sealed class RepairChange : ChangeKind<Repair>
{
    /// <summary>Its name.</summary>
    public const string KindName = "repair";

    /// <inheritdoc />
    public override string Name => KindName;

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, Repair change, long nowUnixMilliseconds) =>
        RegistrationStore.Find(connection, change.Former) is not { } former ? Sentence.Of($"No board was registered as '{change.Former}'.")
        : RegistrationStore.Find(connection, change.Successor) is not { } successor ? Sentence.Of($"No board was registered as '{change.Successor}'.")
        : successor.Succeeds != former.Node || successor.BoardSerial != former.BoardSerial ? Sentence.Of($"{change.Successor} is not on the board of {change.Former}.")
        : successor.ScrappedUnixMilliseconds is not null ? Sentence.Of($"{change.Successor} was scrapped.")
        : successor.IsPaired ? Sentence.Of($"{change.Successor} is paired already.")
        : !former.IsPaired ? Sentence.Of($"{change.Former} is not paired: there is nobody to take over. Scrap {change.Successor} and flash the board as a new one.")
        : null;

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, Repair change, string by, long nowUnixMilliseconds)
    {
        long former = RegistrationStore.Find(connection, change.Former)!.Node;
        long successor = RegistrationStore.Find(connection, change.Successor)!.Node;
        Agreement agreement = AgreementStore.Find(connection, former)!;
        (string @operator, string capitalBuilder) = RegistrationStore.Succeed(connection, former, successor, nowUnixMilliseconds);
        AgreementStore.Insert(connection, successor, agreement, 0, nowUnixMilliseconds, by);
        EventStore.Record(connection, nowUnixMilliseconds, "unpaired", former, by, new { reason = Name, toUnixSeconds = nowUnixMilliseconds / 1000, change.Successor });
        EventStore.Record(connection, nowUnixMilliseconds, "pairing", successor, by, new { @operator, capitalBuilder, fromUnixSeconds = nowUnixMilliseconds / 1000, change.Former });
    }
}

/// <summary>Which node takes over from which.</summary>
public sealed record Repair(string Former, string Successor);

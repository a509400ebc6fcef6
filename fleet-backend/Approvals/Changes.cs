using System.Text.Json;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Approvals;

/// <summary>Proposes changes, and lets them take effect when a second person approves.</summary>
public sealed class Changes(IEnumerable<IChangeKind> kinds, StoreWriter writer, TimeProvider clock)
{
    private readonly Dictionary<string, IChangeKind> _kinds = kinds.ToDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>Stores a proposal that could be approved now.</summary>
    internal Task<(ChangeRow? Change, int Status, Sentence? Problem)> ProposeAsync(string kind, string content, string reason, string by) =>
        writer.RunAsync<(ChangeRow?, int, Sentence?)>(connection =>
        {
            if (!_kinds.TryGetValue(kind, out IChangeKind? found))
            {
                Sentence known = Bounds.OneOf("kind", _kinds.Keys);
                return (null, 400, Sentence.Of($"{known} Nothing was proposed."));
            }

            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            try
            {
                return found.Problem(connection, content, now) is { } problem
                    ? (null, 409, Sentence.Of($"{problem} Nothing was proposed."))
                    : (ChangeStore.Find(connection, ChangeStore.Propose(connection, kind, content, reason, by, now)), 200, null);
            }
            catch (JsonException wrong)
            {
                string why = wrong.Message.Split(" Path:", 2)[0];
                return (null, 400, Sentence.Of($"The content is no {kind}: {why} Nothing was proposed."));
            }
        });

    /// <summary>Approves or withdraws; who proposed may only withdraw.</summary>
    internal Task<(ChangeRow? Change, int Status, Sentence? Problem)> DecideAsync(long id, bool isApproved, string by) =>
        writer.RunAsync<(ChangeRow?, int, Sentence?)>(connection =>
        {
            if (ChangeStore.Find(connection, id) is not { } change)
            {
                return (null, 404, Sentence.Of($"There is no change {id}."));
            }

            if (change.State != "proposed")
            {
                return (null, 409, Sentence.Of($"Change {id} was {change.State} by {change.DecidedBy} before. Nothing was changed."));
            }

            if (isApproved && change.ProposedBy == by)
            {
                return (null, 409, Sentence.Of($"{by} proposed change {id}; a second person has to approve it. Nothing was changed."));
            }

            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (isApproved)
            {
                IChangeKind kind = _kinds[change.Kind];
                if (kind.Problem(connection, change.Content, now) is { } problem)
                {
                    return (null, 409, Sentence.Of($"{problem} It was right when it was proposed; nothing was changed."));
                }

                kind.Apply(connection, change.Content, $"{change.ProposedBy} + {by}", now);
            }

            ChangeStore.Decide(connection, id, isApproved, by, now);
            return (ChangeStore.Find(connection, id), 200, null);
        });
}

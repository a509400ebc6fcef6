using DePin.Contracts.Identity;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Care;

/// <summary>What people do to tickets and disputes, whether a page or a program asks. A dispute changes nothing by itself: who finds it right releases what is held, or mends the cause.</summary>
internal sealed class CareDesk(StoreWriter writer, TimeProvider clock)
{
    private const int MostNotes = 200, MostOpenDisputes = 20;
    private const long DueMilliseconds = 14L * 86_400_000;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Writes something down beside an open ticket.</summary>
    public async Task<CareAnswer> NoteAsync(long ticket, string note, Caller by)
    {
        if (ReviewRoutes.Wrong(note) is not null)
        {
            return new(400, Sentence.Of($"A note has 1 to {ReviewRoutes.MaxWords} printable characters."));
        }

        string? person = by.Has(Access.WholeFleet) ? null : by.Name;
        return await writer.RunAsync(connection => TicketStore.Note(connection, ticket, person, by.Name, note, MostNotes, Now))
            ? CareAnswer.Done
            : new(404, Sentence.Of($"There is no open ticket {ticket} of yours with room for a note ({MostNotes} at most)."));
    }

    /// <summary>Closes a ticket with one of <see cref="TicketStore.Closings"/> and a note.</summary>
    public async Task<CareAnswer> CloseAsync(long ticket, string closing, string note, Caller by)
    {
        if (ReviewRoutes.Wrong(note) is not null || !TicketStore.Closings.Contains(closing))
        {
            string closings = string.Join(", ", TicketStore.Closings);
            return new(400, Sentence.Of($"To close a ticket takes one of {closings}, and a note of 1 to {ReviewRoutes.MaxWords} printable characters."));
        }

        return await writer.RunAsync(connection => TicketStore.Close(connection, ticket, closing, by.Name, note, Now)) ? CareAnswer.Done : new(404, Sentence.Of($"There is no open ticket {ticket}."));
    }

    /// <summary>Says no to the verdict over a reading and those judged with it.</summary>
    public Task<CareAnswer> DisputeAsync(string nodeId, long reading, string text, Caller by) =>
        ReviewRoutes.Wrong(text) is not null
            ? Task.FromResult(new CareAnswer(400, Sentence.Of($"A dispute has 1 to {ReviewRoutes.MaxWords} printable characters: say what you know that the figures do not.")))
            : writer.RunAsync<CareAnswer>(connection =>
            {
                if (NodeId.Parse(nodeId) is not { } id || NodeStore.Find(connection, id.ToString()) is not { } node || !by.MaySeeNodeOf(node.Operator, node.CapitalBuilder))
                {
                    return new(404, Sentence.Of($"There is no node '{nodeId}'."));
                }

                if (DisputeStore.CountOpen(connection, node.RowId) >= MostOpenDisputes)
                {
                    return new(409, Sentence.Of($"{MostOpenDisputes} disputes over this node wait for an answer; wait for some of them."));
                }

                return DisputeStore.NotCredited(connection, node.RowId, reading) is not var (batch, run)
                    ? new(409, Sentence.Of($"Reading {reading} of node {nodeId} is credited, or not judged yet, or does not exist."))
                    : DisputeStore.Open(connection, node.RowId, batch, run, by.Name, text, Now, Now + DueMilliseconds) is { } opened
                        ? new(200, Dispute: opened)
                        : new(409, Sentence.Of($"The readings from {run.First} on are disputed already, and wait for their answer."));
            });

    /// <summary>Answers somebody else's dispute.</summary>
    public async Task<CareAnswer> AnswerAsync(long dispute, string outcome, string answer, Caller by) =>
        ReviewRoutes.Wrong(answer) is not null || !DisputeStore.Outcomes.Contains(outcome)
            ? new(400, Sentence.Of($"An answer is 'stands' or 'put right', with 1 to {ReviewRoutes.MaxWords} printable characters."))
            : await writer.RunAsync(connection => DisputeStore.Answer(connection, dispute, outcome, answer, by.Name, Now));
}

/// <summary>What came of it: an HTTP status, what was wrong, and the dispute that was opened.</summary>
internal sealed record CareAnswer(int Status = StatusCodes.Status200OK, Sentence? Problem = null, long? Dispute = null)
{
    public static CareAnswer Done { get; } = new();
}

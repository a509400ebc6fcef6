using CsvHelper;

namespace DePin.Fleet.Ledger;

/// <summary>Payouts as mobile-money providers read them, and results as they send them back.</summary>
internal static class PayoutCsv
{
    /// <summary>Lines of one file of results, at most.</summary>
    public const int MaxLines = 100_000;

    /// <summary>reference, phone, amount in credits with six decimals, account, state, name of the payee.</summary>
    public static string Write(IReadOnlyList<PayoutRow> payouts) => Csv.Write(
        ["reference", "phone", "amount", "account", "state", "name"],
        payouts.Select(payout => (string[])[payout.Reference, payout.Phone, Csv.Credits(payout.AmountMicro), payout.Account, payout.State, payout.PayeeName ?? ""]));

    /// <summary>The columns reference and result (paid, failed or unknown) of a file; others are left alone.</summary>
    /// <returns>The results, or what is wrong with the file; the sentence names the line.</returns>
    public static (IReadOnlyList<(string Reference, string Result)> Results, Sentence? Problem) Read(string text)
    {
        var results = new List<(string, string)>();
        var named = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            using CsvReader csv = CsvReader.FromText(text);
            csv.ReadHeader();
            if (!csv.TryGetFieldIndex("reference", out int referenceAt) || !csv.TryGetFieldIndex("result", out int resultAt))
            {
                return ([], Sentence.Of($"The first line must name the columns 'reference' and 'result'."));
            }

            while (csv.Read())
            {
                string reference = csv.GetString(referenceAt);
                string result = csv.GetString(resultAt);
                if (result is not ("paid" or "failed" or "unknown"))
                {
                    return ([], Sentence.Of($"Line {results.Count + 2}: the result '{result}' is not paid, failed or unknown."));
                }

                if (!named.Add(reference))
                {
                    return ([], Sentence.Of($"Line {results.Count + 2}: the reference '{reference}' is named twice."));
                }

                results.Add((reference, result));
                if (results.Count > MaxLines)
                {
                    return ([], Sentence.Of($"The file has more than {MaxLines} lines; split it."));
                }
            }
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            string why = problem.Message.ReplaceLineEndings(" ").TrimEnd('.');
            return ([], Sentence.Of($"The file is not CSV with a result for each reference: {why}."));
        }

        return (results, null);
    }
}

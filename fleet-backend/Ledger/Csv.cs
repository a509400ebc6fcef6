using System.Globalization;
using CsvHelper;

namespace DePin.Fleet.Ledger;

/// <summary>Tables for spreadsheets: UTF-8, comma, a line of headings.</summary>
internal static class Csv
{
    private const decimal MicroPerCredit = 1_000_000;

    /// <summary>A whole table.</summary>
    public static string Write(string[] headings, IEnumerable<string[]> lines)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (CsvWriter csv = CsvWriter.Create(text, new CsvWriterOptions(), leaveOpen: true))
        {
            csv.WriteRecord(headings);
            foreach (string[] line in lines)
            {
                csv.WriteRecord(line);
            }
        }

        return text.ToString();
    }

    /// <summary>Micro-credits as credits, to the last micro-credit.</summary>
    public static string Credits(long micro) => (micro / MicroPerCredit).ToString("0.000000", CultureInfo.InvariantCulture);
}

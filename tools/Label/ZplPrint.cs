using System.Text;

namespace DePin.Tools.Label;

/// <summary>
/// A print job for label printers that speak ZPL II. The whole label goes as one graphic (^GFA): the printer's own QR command (^BQ) chooses
/// version and mode by its firmware, some emulations know no alphanumeric mode, and letters differ by model. What was read back in the
/// tests is, dot by dot, what is printed.
/// </summary>
internal static class ZplPrint
{
    public static string Write(IEnumerable<DotPicture> pictures)
    {
        var job = new StringBuilder();
        foreach (DotPicture picture in pictures)
        {
            int total = picture.Rows.Length;
            job.Append($"^XA\n^PW{picture.Width}\n^LL{picture.Height}\n^LH0,0\n^FO0,0^GFA,{total},{total},{picture.BytesPerRow},\n");
            for (int row = 0; row < picture.Height; row++)
            {
                job.Append(Convert.ToHexString(picture.Rows.Slice(row * picture.BytesPerRow, picture.BytesPerRow))).Append('\n');
            }

            job.Append("^FS\n^PQ1\n^XZ\n");
        }

        return job.ToString();
    }
}

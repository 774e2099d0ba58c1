// Why somebody orders it: their words stand among the operations.
export function ReasonField({ reason, setReason }: { reason: string; setReason: (reason: string) => void }) {
  return (
    <label className="field">
      Reason, for the record
      <input value={reason} onChange={(event) => setReason(event.target.value)} />
    </label>
  )
}
